package proprunn.bus

import chisel3._

/** The address of a burst. */
class Burst extends Bundle {
  val address = UInt(32.W)

  /** Beats minus one, as on AXI. */
  val length = UInt(8.W)
}

/** A beat that was read. */
class ReadBeat(dramBytes: Int) extends Bundle {
  val data = UInt((dramBytes * 8).W)

  /** DRAM answered with something other than OKAY. */
  val error = Bool()
}

/** A beat to be written. */
class WriteBeat(dramBytes: Int) extends Bundle {
  val data = UInt((dramBytes * 8).W)

  /** False where the beat only completes a burst that was announced before a fault. */
  val enable = Bool()

  /** Last of its burst. */
  val last = Bool()
}
