package proprunn.memory

import chisel3._
import chisel3.util.{log2Ceil, RegEnable, Valid}
import proprunn.bundles.ScratchWrite
import proprunn.config.ScratchShape

/** A memory of elements, read one element at a time and written one physical word at a time. */
class Scratchpad(shape: ScratchShape) extends Module {
  val io = IO(new Bundle {
    val write = Flipped(Valid(new ScratchWrite(shape)))
    val read  = Flipped(new ScratchRead(shape))
  })
  private val selectBits = log2Ceil(shape.elementsPerWord)
  require(shape.words >= 2, s"scratchpad of ${shape.words} words; it must have at least 2")

  private val ram = Module(new SimpleRam(shape.wordBits, shape.words))
  ram.clock        := clock
  ram.readEnable   := io.read.enable
  ram.readAddress  := io.read.address >> selectBits
  ram.writeEnable  := io.write.valid
  ram.writeAddress := io.write.bits.address
  ram.writeData    := io.write.bits.data

  if (selectBits == 0) io.read.data := ram.readData
  else {
    val select   = RegEnable(io.read.address(selectBits - 1, 0), io.read.enable)
    val elements = Seq.tabulate(shape.elementsPerWord)(i => ram.readData((i + 1) * shape.elementBits - 1, i * shape.elementBits))
    io.read.data := VecInit(elements)(select)
  }
  assert(!io.write.valid || io.write.bits.address < shape.words.U, "scratchpad write beyond its last word")
}
