package proprunn.memory

import chisel3._
import chisel3.util.{Decoupled, Valid}
import proprunn.bundles.BankWrite
import proprunn.config.AcceleratorConfig

/** Who uses the second port of the banks: drain writes always, then skip reads, load writes, store reads.
  *
  * A drain cannot starve the others for ever: rows enter it only as fast as their skip reads are served. Requests are registered; read data
  * follow two cycles after the request was taken.
  */
class BankPort(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val drain     = Flipped(Valid(new BankStore(config)))
    val skip      = Flipped(Decoupled(UInt(config.rowBits.W)))
    val load      = Flipped(Decoupled(new BankWrite(config)))
    val store     = Flipped(Decoupled(UInt(config.rowBits.W)))
    val access    = Valid(new BankStore(config))
    val write     = Output(Bool())
    val storeData = Output(Bool())
    val bankWrite = Output(Bool())
    val skipRead  = Output(Bool())
  })
  io.skip.ready  := !io.drain.valid
  io.load.ready  := io.skip.ready && !io.skip.valid
  io.store.ready := io.load.ready && !io.load.valid

  private val access = Reg(new BankStore(config))
  private val write  = io.drain.valid || io.load.fire
  when(io.drain.valid) {
    access := io.drain.bits
  }.elsewhen(io.load.fire) {
    access.data := io.load.bits.data
    access.mask := io.load.bits.mask
  }
  when(!io.drain.valid) {
    access.rows.lower    := Mux(io.skip.valid, io.skip.bits, Mux(io.load.valid, io.load.bits.row, io.store.bits))
    access.rows.useUpper := 0.U
    access.useFar        := 0.U
  }
  io.access.bits  := access
  io.access.valid := RegNext(write || io.skip.fire || io.store.fire, false.B)
  io.write        := RegNext(write, false.B)
  io.storeData    := RegNext(RegNext(io.store.fire, false.B), false.B)
  io.bankWrite    := write
  io.skipRead     := io.skip.fire || io.store.fire
  assert(!io.load.fire || io.load.bits.row < config.bankDepth.U, "the load unit writes beyond the banks")
  assert(!io.store.fire || io.store.bits < config.bankDepth.U, "the store unit reads beyond the banks")
}
