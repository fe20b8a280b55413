package proprunn.postprocess

import chisel3._

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
  * Both roundings add half a unit less one, shift, and add one more where exactly half was lost and the result is odd: the bits that are
  * shifted out are then all ones.
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
  private def clamp(value: SInt, low: SInt, high: SInt): SInt = {
    val raised = Mux(value < low, low, value)
    Mux(raised > high, high, raised)
  }

  /** Cuts a value to `bits`, saturating. */
  private def saturate(value: SInt, bits: Int): SInt = {
    val limit = BigInt(1) << (bits - 1)
    val top   = value(value.getWidth - 1, bits - 1)
    Mux(top.andR || !top.orR, value(bits - 1, 0).asSInt, Mux(value < 0.S, (-limit).S(bits.W), (limit - 1).S(bits.W)))
  }

  /** Something is shifted out, and all of it is ones. */
  private def allOnes(value: SInt, lost: UInt): Bool = lost(0) && (value.asUInt | ~lost.pad(value.getWidth)).andR

  // First product, in halves that fit a multiplier each.
  private val biased = stage(1, (io.sum + c.bias)(31, 0).asSInt)
  private val low    = stage(2, biased(15, 0) * c.multiplier)
  private val high   = stage(2, (biased(31, 16).asSInt * c.multiplier)(31, 0).asSInt)

  // First rounding.
  private val raised  = stage(3, ((high << 16) +& low.zext) +& c.addend.zext)
  private val shifted = stage(4, raised >> c.shift)
  private val tie     = stage(4, allOnes(raised, c.lost))
  private val inexact = stage(4, (raised.asUInt & c.lost).orR)
  private val cut     = stage(5, saturate(shifted, 20))
  private val tie5    = stage(5, tie)
  private val loss5   = stage(5, inexact)
  private val odd     = (cut.asUInt | loss5).asSInt
  private val even    = cut +& (tie5 && cut(0)).asUInt.zext
  private val mid     = stage(6, Mux(s.midWide, saturate(odd, 18), clamp(even, s.midLow, s.midHigh).pad(18)(17, 0).asSInt))

  // Second product and the skip value's.
  private val skip3 = stage(3, Mux(c.skipEnable, io.skip.zext - s.skipZero.zext, 0.S(10.W)))
  private val skip6 = stage(6, stage(5, stage(4, skip3)))
  private val main  = stage(7, mid * s.mainMultiplier)
  private val added = stage(7, skip6 * s.skipMultiplier)

  // Second rounding.
  private val total    = stage(8, (main +& added) +& s.addend.zext)
  private val shifted9 = stage(9, total >> s.shift)
  private val tie9     = stage(9, allOnes(total, s.lost))
  private val cut10    = stage(10, saturate(shifted9, 11))
  private val tie10    = stage(10, tie9)
  private val rounded  = cut10 +& (tie10 && cut10(0)).asUInt.zext +& s.outZero.zext
  io.out := stage(11, clamp(rounded, s.low.zext, s.high.zext)(7, 0))
}
