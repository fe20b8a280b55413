package proprunn.array

import chisel3._
import chisel3.util.{log2Ceil, PopCount, RegEnable, Valid}
import proprunn.config.AcceleratorConfig
import proprunn.memory.{BankRows, Rotator, ScratchRead}

/** From issued vectors to finished sums. All stages move together with `advance`.
  *
  * Stage 0 asks the list memory; 1 to 4 `SourceAddress`; 4 asks banks and vector memory; 5 rotates; 6 holds weights and activations;
  * 7 holds products and adds them to the sums; 8 holds the sums.
  */
class ArrayPipeline(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val advance    = Input(Bool())
    val issue      = Flipped(Valid(new VectorIssue(config)))
    val geometry   = Input(new Geometry(config))
    val window     = Input(new Window)
    val listRead   = new ScratchRead(config.listMemory)
    val vectorRead = new ScratchRead(config.vectorMemory)
    val bankRead   = Valid(new BankRows(config))
    val bankData   = Input(Vec(config.lanes, UInt(8.W)))

    val sums = Output(Vec(config.rows, Vec(config.lanes, SInt(32.W))))

    /** `sums` are a whole tile for the drain; they are taken in the cycle in which `advance` is true. */
    val transfer    = Output(Bool())
    val drainMask   = Output(UInt(config.lanes.W))
    val signalA     = Output(Bool())
    val signalB     = Output(Bool())
    val usefulCells = Output(UInt(log2Ceil(config.rows * config.lanes + 1).W))

    /** An instruction reads beyond the banks (its index). */
    val fault    = Valid(UInt(32.W))
    val occupied = Output(Bool())

    /** New settings are about to be taken over: they must not change. */
    val taking = Output(Bool())

    /** From this cycle on `usefulCells` are those of vectors behind the last MARK. */
    val opened = Output(Bool())

    /** Signals and counts of the last vector are on their way. */
    val settling = Output(Bool())
  })
  private def next[T <: Data](value: T): T = RegEnable(value, io.advance)
  private def nextValid(value: Bool): Bool = RegEnable(value, false.B, io.advance)

  private val address = Module(new SourceAddress(config))
  io.listRead.enable  := io.advance && io.issue.valid
  io.listRead.address := io.issue.bits.listAddress
  address.io.advance  := io.advance
  address.io.issue    := io.issue
  address.io.entry    := io.listRead.data
  address.io.geometry := io.geometry
  address.io.window   := io.window

  // Stage 4: banks and vector memory are asked.
  private val valid4 = address.io.out.valid
  private val at4    = address.io.out.bits
  io.bankRead.valid     := io.advance && valid4
  io.bankRead.bits      := at4.rows
  io.vectorRead.enable  := io.advance && valid4
  io.vectorRead.address := at4.vectorAddress
  io.fault.valid        := io.advance && valid4 && at4.readsBeyond
  io.fault.bits         := at4.index
  io.taking             := address.io.taking

  // Stage 5: activations come by bank and are brought to their lanes.
  private val valid5  = nextValid(valid4)
  private val tag5    = next(at4.tag)
  private val inside5 = next(at4.inside)
  private val window5 = next(at4.window)
  private val pad5    = next(at4.padValue)
  private val rotator = Module(new Rotator(config.lanes, 8))
  rotator.io.in     := io.bankData.asUInt
  rotator.io.amount := next(at4.shift)

  // Stage 6: weights and activations.
  private val valid6      = nextValid(valid5)
  private val tag6        = next(tag5)
  private val window6     = next(window5)
  private val useful6     = next(Mux(tag5.pool, inside5, window5))
  private val vector5     = io.vectorRead.data.asTypeOf(Vec(config.rows, SInt(8.W)))
  private val weights     = next(vector5)
  private val rows6       = next(VecInit(vector5.map(_ =/= 0.S)).asUInt)
  private val activations = Reg(Vec(config.lanes, UInt(8.W)))
  private val byLane      = rotator.io.out.asTypeOf(activations)
  when(io.advance) {
    for (lane <- 0 until config.lanes) activations(lane) := Mux(inside5(lane), byLane(lane), pad5)
  }

  // Stage 7: products, which the sums take in.
  private val valid7  = nextValid(valid6)
  private val tag7    = next(tag6)
  private val window7 = next(window6)
  private val array   = Module(new PeArray(config))
  array.io.multiply    := io.advance && valid6
  array.io.weights     := weights
  array.io.activations := activations
  array.io.select      := tag6.maximum
  array.io.accumulate  := io.advance && valid7
  array.io.load        := tag7.load
  array.io.maximum     := tag7.maximum

  // Stage 8: sums, which the drain takes where a tile ended.
  private val ended8 = nextValid(valid7 && tag7.transfer)
  io.sums      := array.io.out
  io.transfer  := ended8
  io.drainMask := next(window7)
  io.signalA           := RegNext(io.advance && valid7 && tag7.signalA, false.B)
  io.signalB           := RegNext(io.advance && valid7 && tag7.signalB, false.B)

  private val usefulRows  = next(PopCount(rows6))
  private val usefulLanes = next(PopCount(useful6))
  private val usefulCells = (usefulRows * usefulLanes)(io.usefulCells.getWidth - 1, 0)
  io.usefulCells := RegNext(Mux(io.advance && valid7, usefulCells, 0.U), 0.U)
  io.occupied    := address.io.occupied || valid5 || valid6 || valid7 || ended8
  io.settling    := RegNext(io.advance && valid7, false.B)
  io.opened      := RegNext(io.advance && valid7 && tag7.opens, false.B)
  assert(io.advance || !io.issue.valid, "a vector was issued while the array stands still")
  assert(!io.vectorRead.enable || io.vectorRead.address < config.vectorDepth.U, "a vector is read beyond the vector memory")
  assert(!io.listRead.enable || io.listRead.address < config.listDepth.U, "an entry is read beyond the list memory")
}
