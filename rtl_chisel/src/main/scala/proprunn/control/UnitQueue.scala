package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Queue}
import proprunn.bundles.Instruction

/** The queue of a unit.
  *
  * @param depth instructions that it holds
  * @param keptBits low bits of an instruction that the unit's formats use; the others read as 0
  */
class UnitQueue(depth: Int, keptBits: Int) extends Module {
  require(depth >= 2, s"depth is $depth; a queue that takes and gives in every cycle needs 2")
  require(keptBits >= 1 && keptBits <= 256, s"keptBits is $keptBits; an instruction has 256")

  /** Ports of the queue. */
  val io = IO(new Bundle {
    val in    = Flipped(Decoupled(new Instruction))
    val out   = Decoupled(new Instruction)
    val empty = Output(Bool())
  })

  private class Kept extends Bundle {
    val bits  = UInt(keptBits.W)
    val index = UInt(32.W)
  }
  private val queue = Module(new Queue(new Kept, depth))
  queue.io.enq.valid      := io.in.valid
  queue.io.enq.bits.bits  := io.in.bits.bits(keptBits - 1, 0)
  queue.io.enq.bits.index := io.in.bits.index
  io.in.ready             := queue.io.enq.ready

  io.out.valid       := queue.io.deq.valid
  io.out.bits.bits   := queue.io.deq.bits.bits
  io.out.bits.index  := queue.io.deq.bits.index
  queue.io.deq.ready := io.out.ready
  io.empty           := !queue.io.deq.valid
}
