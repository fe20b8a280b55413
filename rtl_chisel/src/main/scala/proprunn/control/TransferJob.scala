package proprunn.control

import chisel3._

/** What an instruction leaves behind when it has finished. */
class Completion extends Bundle {
  val signalA = Bool()
  val signalB = Bool()
  val index   = UInt(32.W)
}

/** A LOAD, STORE, STORE_COUNTERS or SYNC, as the transfer units carry it out. */
class TransferJob extends Bundle {

  /** SYNC: no transfer. */
  val tokensOnly = Bool()

  /** STORE_COUNTERS: the data are a snapshot. */
  val counters = Bool()

  /** A field has a value that is not allowed. */
  val illegal = Bool()

  /** Memory on the chip (`Target`). */
  val target = UInt(2.W)

  /** DRAM address of the first plane. */
  val address = UInt(32.W)
  val beats   = UInt(24.W)
  val planes  = UInt(16.W)

  /** DRAM bytes from plane to plane. */
  val stride = UInt(32.W)

  /** Physical word of the first plane on the chip, and words from plane to plane. */
  val local       = UInt(24.W)
  val localStride = UInt(24.W)

  /** Greatest first word of a plane that lies in the memory with all its words; negative where none does. */
  val lastStart  = SInt(26.W)
  val completion = new Completion
}

/** A step of a transfer: one burst, or the tokens of a SYNC. */
class TransferStep extends Bundle {

  /** False for a SYNC, which has no burst. */
  val burst = Bool()

  /** DRAM address of the burst. */
  val address = UInt(32.W)

  /** Beats of the burst, minus one. */
  val length = UInt(8.W)

  /** First step of its plane. */
  val opensPlane = Bool()

  /** Belongs to the last plane. */
  val lastPlane = Bool()

  /** Last step of its job. */
  val closesJob = Bool()

  /** First word of the plane on the chip, and beats of the plane. */
  val local      = UInt(24.W)
  val planeBeats = UInt(24.W)
  val counters   = Bool()
  val target     = UInt(2.W)
  val completion = new Completion
}
