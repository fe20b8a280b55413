package proprunn.array

import chisel3._
import chisel3.util.{RegEnable, Valid}
import proprunn.config.{AcceleratorConfig, Lanes}
import proprunn.isa.{EntryFields, FieldSpec}

/** From an issued vector and its list entry to bank rows and lane masks: stages 1 to 4 of the array.
  *
  * An entry comes out of the list memory in stage 1; rows and masks stand in registers in stage 4, in which the banks are asked.
  * New settings enter with their first vector, so that vectors before it may still be under way.
  */
class SourceAddress(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val advance  = Input(Bool())
    val issue    = Flipped(Valid(new VectorIssue(config)))
    val entry    = Input(UInt(32.W))
    val geometry = Input(new Geometry(config))
    val window   = Input(new Window)

    /** New settings are about to be taken over: they must not change. */
    val taking   = Output(Bool())

    /** Stage 4. */
    val out      = Valid(new VectorSource(config))
    val occupied = Output(Bool())
  })
  private val flatRows = config.flatRowBits

  private def next[T <: Data](value: T): T      = RegEnable(value, io.advance)
  private def nextValid(value: Bool): Bool      = RegEnable(value, false.B, io.advance)
  private def cut(word: UInt, low: Int, n: Int) = word(low + n - 1, low)

  // Stages 1 and 2: the entry on its way out of the list memory, and what does not depend on it.
  private val valid1 = nextValid(io.issue.valid)
  private val issue1 = next(io.issue.bits)
  private val valid2 = nextValid(valid1)
  private val issue2 = next(issue1)
  private val entry2 = next(io.entry)
  private val base2  = next(issue1.position.flat + issue1.originFlat)

  private val geometry2 = Reg(new Geometry(config))
  private val window2   = Reg(new Window)
  io.taking := valid1 && issue1.newSettings
  when(io.taking && io.advance) {
    geometry2 := io.geometry
    window2   := io.window
  }

  // Stage 3: the flat address of lane 0, the source plane as seen from the tile, the lanes' positions.
  private val valid3  = nextValid(valid2)
  private val issue3  = next(issue2)
  private val flat3   = next(base2 + cut(entry2, EntryFields.flat.low, EntryFields.flat.bits))
  private val source3 = Reg(new Window)
  when(io.advance) {
    def add(delta: UInt, origin: SInt): UInt    = (delta.zext +& origin).pad(19).asUInt
    def span(size: UInt, short: Bool): UInt     = Mux(size === 0.U, 0.U, size - short)
    def field(s: FieldSpec): UInt  = cut(entry2, s.low, s.bits)
    source3.addY  := add(field(EntryFields.dy), issue2.originY)
    source3.addX  := add(field(EntryFields.dx), issue2.originX)
    source3.spanY := span(geometry2.inHeight, entry2(EntryFields.shortY.low))
    source3.spanX := span(geometry2.inWidth, entry2(EntryFields.shortX.low))
  }
  private val positions = Module(new LanePositions(config))
  positions.io.update   := io.advance && valid2 && issue2.newTile
  positions.io.position := issue2.position
  positions.io.geometry := geometry2

  // Stage 4: bank rows and masks.
  private val inside = Module(new LaneMask(config))
  private val output = Module(new LaneMask(config))
  Seq(inside, output).foreach { mask =>
    mask.io.y := positions.io.y
    mask.io.x := positions.io.x
  }
  inside.io.window := source3
  output.io.window := next(window2)

  private val row3   = flat3(21, config.laneBits)
  private val above3 = (row3 + 1.U)(flatRows - 1, 0)
  private val shift3 = flat3(config.laneBits - 1, 0)
  private val out    = Reg(new VectorSource(config))
  when(io.advance && valid3) {
    out.rows.lower    := row3(config.rowBits - 1, 0)
    out.rows.upper    := above3(config.rowBits - 1, 0)
    out.rows.useUpper := Lanes.below(shift3, config.lanes)
    out.lowerBeyond   := beyond(row3)
    out.upperBeyond   := beyond(above3)
    out.shift         := shift3
    out.inside        := inside.io.mask
    out.padValue      := next(geometry2.padValue)
    out.vectorAddress := issue3.vectorAddress
    out.tag           := issue3.tag
    out.index         := issue3.index
    when(issue3.newTile)(out.window := output.io.mask)
  }
  io.out.bits  := out
  io.out.valid := nextValid(valid3)
  io.occupied  := valid1 || valid2 || valid3 || io.out.valid

  private def beyond(row: UInt): Bool =
    if (config.bankDepth == 1 << flatRows) false.B else row >= config.bankDepth.U
}
