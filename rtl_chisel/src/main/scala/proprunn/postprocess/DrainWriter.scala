package proprunn.postprocess

import chisel3._
import chisel3.util.{Cat, Fill, Valid}
import proprunn.config.{AcceleratorConfig, Lanes}
import proprunn.memory.{BankStore, Rotator}

/** Brings a run's pixels to their banks: stage 1 picks lanes and the address, stage 2 rotates. */
class DrainWriter(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val run  = Flipped(Valid(new WriteRun(config)))
    val data = Input(Vec(config.lanes, UInt(8.W)))

    /** Lanes inside the output window. */
    val mask    = Input(UInt(config.lanes.W))
    val write   = Valid(new BankStore(config))
    val signalA = Output(Bool())
    val signalB = Output(Bool())

    /** An instruction writes beyond the banks (its index). */
    val fault = Valid(UInt(32.W))
    val busy  = Output(Bool())
  })
  private val lanes = config.lanes

  // Stage 1: the row and its run.
  private val valid1 = RegNext(io.run.valid, false.B)
  private val run1   = Reg(new WriteRun(config))
  private val data1  = Reg(Vec(lanes, UInt(8.W)))
  private val mask1  = Reg(UInt(lanes.W))
  when(io.run.valid) {
    run1  := io.run.bits
    data1 := io.data
    mask1 := io.mask
  }

  // Stage 2: pixels in slots, and the flat address of slot 0.
  private val every  = Mux(run1.alternate, Mux(run1.first(0), Fill(lanes / 2, 2.U(2.W)), Fill(lanes / 2, 1.U(2.W))), Fill(lanes, 1.U(1.W)))
  private val picked = mask1 & Lanes.from(run1.first, lanes) & Lanes.below(run1.end, lanes) & every
  private val valid2 = RegNext(valid1, false.B)
  private val index2 = Reg(UInt(32.W))
  private val flat2  = Reg(SInt((WriteRun.linearBits + 1).W))
  private val far2   = Reg(SInt((WriteRun.linearBits + 1).W)) // flat address of slot 0 as the far half of a paired run has it
  private val pair2  = RegInit(false.B)
  private val data2  = Reg(Vec(lanes, UInt(8.W)))
  private val mask2  = Reg(Vec(lanes, Bool()))
  when(valid1) {
    index2 := run1.index
    flat2  := run1.linear +& (run1.row << config.laneBits).zext
    far2   := run1.linear +& ((run1.row +& run1.apart) << config.laneBits).zext
    pair2  := run1.paired
    data2  := data1
    mask2  := VecInit(picked.asBools)
    when(run1.alternate) {
      for (slot <- 0 until lanes) {
        val (even, odd) = (2 * slot % lanes, (2 * slot + 1) % lanes)
        data2(slot) := Mux(run1.first(0), data1(odd), data1(even))
        mask2(slot) := Mux(run1.first(0), picked(odd), picked(even)) && (slot < lanes / 2).B
      }
    }
    when(run1.paired) {
      for (slot <- 0 until lanes) {
        val lane = if (slot < lanes / 2) 2 * slot else 2 * slot - lanes + 1
        data2(slot) := data1(lane)
        mask2(slot) := picked(lane)
      }
    }
  }
  io.signalA := RegNext(valid1 && run1.signalA, false.B)
  io.signalB := RegNext(valid1 && run1.signalB, false.B)

  private val bank  = flat2(config.laneBits - 1, 0)
  private val lower = flat2 >> config.laneBits
  private val upper = lower +& 1.S
  private val far   = far2 >> config.laneBits
  private val above = far +& 1.S
  private val mask  = mask2.asUInt
  private val apart = Mux(pair2, Cat(Fill(lanes / 2, 1.U(1.W)), 0.U((lanes / 2).W)), 0.U(lanes.W)) // slots of the far half
  private val over  = Lanes.from(lanes.U - bank, lanes) // slots that lie in the upper row
  private def beyond(row: SInt): Bool = row < 0.S || row >= config.bankDepth.S

  private def toBanks(word: UInt, width: Int): UInt = {
    val rotator = Module(new Rotator(lanes, width))
    rotator.io.in     := word
    rotator.io.amount := 0.U - bank
    rotator.io.out
  }
  io.write.valid              := valid2 && mask.orR
  io.write.bits.rows.lower    := lower(config.rowBits - 1, 0)
  io.write.bits.rows.upper    := upper(config.rowBits - 1, 0)
  io.write.bits.rows.useUpper := Lanes.below(bank, lanes)
  io.write.bits.far.lower     := far(config.rowBits - 1, 0)
  io.write.bits.far.upper     := above(config.rowBits - 1, 0)
  io.write.bits.useFar        := toBanks(apart, 1)
  io.write.bits.data          := toBanks(Cat(data2.reverse), 8).asTypeOf(data2)
  io.write.bits.mask          := toBanks(mask, 1)
  private def faulty(row: SInt, slots: UInt): Bool = beyond(row) && (mask & slots).orR
  io.fault.valid := valid2 && (faulty(lower, ~over & ~apart) || faulty(upper, over & ~apart) || faulty(far, ~over & apart) || faulty(above, over & apart))
  io.fault.bits  := index2
  io.busy        := valid1 || valid2
  assert(!io.run.valid || (io.run.bits.first < io.run.bits.end && io.run.bits.end <= lanes.U), "a run without lanes, or with more than there are")
}
