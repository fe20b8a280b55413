package proprunn.control

import chisel3._
import chisel3.util.Valid
import proprunn.bundles.FaultReport
import proprunn.isa.Fault

/** Reports the fault of the earliest instruction, once everything in flight has ended.
  *
  * A vector that reads beyond the banks is found while drains of earlier instructions may still find a fault of theirs.
  */
class FaultCollector(sources: Int) extends Module {
  require(sources >= 1, s"$sources sources of faults; there must be at least 1")
  val io = IO(new Bundle {

    /** Instructions (their indices) that reach beyond the banks. */
    val found = Input(Vec(sources, Valid(UInt(32.W))))

    /** An instruction that cannot even start; comes when all before it have ended. */
    val refused = Flipped(Valid(new FaultReport))

    /** Nothing is in flight. */
    val quiet = Input(Bool())

    /** Stop issuing. */
    val pending = Output(Bool())
    val fault   = Valid(new FaultReport)
  })
  private val kept = RegInit(VecInit.fill(sources)(0.U.asTypeOf(Valid(UInt(32.W)))))
  kept.zip(io.found).foreach { case (slot, found) => when(found.valid && !slot.valid)(slot := found) }

  private val earliest = kept.reduce[Valid[UInt]] { (a, b) =>
    val least = Wire(Valid(UInt(32.W)))
    least := Mux(a.valid && (!b.valid || a.bits <= b.bits), a, b)
    least
  }
  private val fault = RegInit(0.U.asTypeOf(Valid(new FaultReport)))
  when(!fault.valid && earliest.valid && io.quiet) {
    fault.valid      := true.B
    fault.bits.code  := Fault.illegalField.U
    fault.bits.index := earliest.bits
  }.elsewhen(!fault.valid && io.refused.valid) {
    fault := io.refused
  }
  io.pending := earliest.valid || fault.valid
  io.fault   := fault
}
