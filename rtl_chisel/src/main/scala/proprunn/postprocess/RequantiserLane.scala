package proprunn.postprocess

import chisel3._
import chisel3.util.Cat

/** What all lanes share in each stage of the requantisation; `at(n)` is true where stage `n` takes a row. */
class RequantiserControl extends Bundle {
  val at         = Vec(Requantiser.latency + 1, Bool())
  val bias       = SInt(32.W)
  val multiplier = UInt(16.W)

  /** First shift, what is added before it, and the bits it loses; for stages 3 and 4. */
  val shift  = UInt(6.W)
  val addend = UInt(Requantiser.firstShiftLimit.W)
  val lost   = UInt(Requantiser.firstShiftLimit.W)

  /** The skip value counts. */
  val skipEnable = Bool()
}

/** The requantisation of one lane: `hwservice/ir/arithmetic.py` `Rounding.apply`.
  *
  * Roundings to even add half a unit less one, shift, and add one more where exactly half was lost and the result is odd: the bits that
  * are shifted out are then all ones.
  */
class RequantiserLane extends Module {
  val io = IO(new Bundle {
    val control  = Input(new RequantiserControl)
    val settings = Input(new OutputSettings)
    val sum      = Input(SInt(32.W))

    /** Comes `Requantiser.skipDelay` cycles after the sum. */
    val skip = Input(UInt(8.W))
    val out  = Output(UInt(8.W))
  })
  private val c = io.control
  private val s = io.settings

  private def stage[T <: Data](n: Int, value: T): T = {
    val register = Reg(chiselTypeOf(value))
    when(c.at(n))(register := value)
    register
  }

  /** `value` between the limits; `low` is at most `high`. */
  private def clamp(value: SInt, low: SInt, high: SInt): SInt = Mux(value < low, low, Mux(value > high, high, value))

  /** Limits a value to what `bits` hold; the result is `width` bits wide. */
  private def saturate(value: SInt, bits: Int, width: Int): SInt = {
    val limit = BigInt(1) << (bits - 1)
    val top   = value(value.getWidth - 1, bits - 1)
    Mux(top.andR || !top.orR, value(width - 1, 0).asSInt, Mux(value < 0.S, (-limit).S(width.W), (limit - 1).S(width.W)))
  }

  /** Something is shifted out, and all of it is ones. */
  private def allOnes(value: SInt, lost: UInt): Bool = lost(0) && (value.asUInt | ~lost.pad(value.getWidth)).andR

  /** 0 or 1, as a number of some bits. */
  private def carry(bit: Bool, bits: Int): SInt = Cat(0.U((bits - 1).W), bit).asSInt

  // Each register's input is one expression of registers, with operands at full width: then a simulator works it out only when `at`
  // says so.

  // First product, in halves that fit a multiplier each.
  private val biased = stage(1, io.sum +% c.bias)
  private val low    = stage(2, biased(15, 0) * c.multiplier)
  private val high   = stage(2, (biased(31, 16).asSInt.pad(19) * c.multiplier)(34, 0).asSInt)

  // First rounding; to odd: a 1 is added to an even result where anything was lost.
  private val raised  = stage(3, (high << 16) +% low.zext.pad(51) +% c.addend.zext.pad(51))
  private val shifted = stage(4, raised >> c.shift)
  private val tie     = stage(4, allOnes(raised, c.lost))
  private val inexact = stage(4, (raised.asUInt & c.lost).orR)
  private val adds    = Mux(s.midWide, inexact && !shifted(0), tie && shifted(0))
  private val rounded = stage(5, saturate(shifted, 20, 21) +% carry(adds, 21))
  private val mid     = stage(6, Mux(s.midWide, saturate(rounded, 18, 18), clamp(rounded, s.midLow, s.midHigh)(17, 0).asSInt))

  // Second product and the skip value's.
  private val skip3 = stage(3, Mux(c.skipEnable, io.skip.zext.pad(10) -% s.skipZero.zext.pad(10), 0.S))
  private val skip6 = stage(6, stage(5, stage(4, skip3)))
  private val main  = stage(7, (mid.pad(22) * s.mainMultiplier)(37, 0).asSInt)
  private val added = stage(7, (skip6.pad(22) * s.skipMultiplier)(37, 0).asSInt)

  // Second rounding.
  private val total    = stage(8, main +% added +% s.addend.zext.pad(38))
  private val shifted9 = stage(9, total >> s.shift)
  private val tie9     = stage(9, allOnes(total, s.lost))
  private val placed   = stage(10, saturate(shifted9, 11, 13) +% carry(tie9 && shifted9(0), 13) +% s.outZero.zext.pad(13))
  io.out := stage(11, clamp(placed, s.low.zext, s.high.zext)(7, 0))
}
