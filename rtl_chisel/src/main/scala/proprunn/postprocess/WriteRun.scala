package proprunn.postprocess

import chisel3._
import proprunn.config.AcceleratorConfig

/** A run of neighbouring pixels that one bank write covers.
  *
  * Lanes `first` until `end` take part; with `alternate` every second of them, beginning at `first`. Lane `i` goes to slot `i`, with `alternate` to
  * slot `i / 2`; slot `k` is written to flat pixel `linear + k` behind bank row `row`. With `paired` all of them take part: even lanes go to slot
  * `i / 2` and odd ones to slot `(lanes + i) / 2`, which lies `apart` bank rows further.
  */
class WriteRun(config: AcceleratorConfig) extends Bundle {
  val first     = UInt(config.laneBits.W)
  val end       = UInt((config.laneBits + 1).W)
  val alternate = Bool()
  val paired    = Bool()
  val apart     = UInt(16.W)
  val linear    = SInt(WriteRun.linearBits.W)
  val row       = UInt(WriteRun.rowBits.W)

  /** The tile is written with this run: its tokens. */
  val signalA = Bool()
  val signalB = Bool()
  val index   = UInt(32.W)
}

/** Widths without wrap-around for every pixel that a window can hold. */
object WriteRun {
  val linearBits = 36
  val rowBits    = 26
}
