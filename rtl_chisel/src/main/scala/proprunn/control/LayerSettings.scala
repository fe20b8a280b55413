package proprunn.control

import chisel3._
import proprunn.array.Geometry
import proprunn.bundles.Instruction
import proprunn.config.AcceleratorConfig
import proprunn.isa.{GeometryFields, OutputFields}
import proprunn.postprocess.{OutputSettings, Requantiser}

/** GEOMETRY and OUTPUT: a shadow that is filled ahead, and the settings in force, which `take` replaces.
  *
  * After GEOMETRY the shadow works out the lanes' positions, two lanes per cycle, unless the pitch is that of the GEOMETRY before.
  */
class LayerSettings(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val instruction = Input(new Instruction)
    val setGeometry = Input(Bool())
    val setOutput   = Input(Bool())
    val take        = Input(Bool())

    /** The shadow is complete. */
    val ready    = Output(Bool())
    val geometry = Output(new Geometry(config))
    val settings = Output(new OutputSettings)

    /** The newest OUTPUT scatters, in force or not. */
    val scatterNext = Output(Bool())
  })
  private val lanes  = config.lanes
  private val shadow = Reg(new Geometry(config))
  private val output = Reg(new Instruction)
  private val count  = RegInit(lanes.U)
  private val seen   = RegInit(false.B)
  when(io.setOutput)(output := io.instruction)
  when(io.setGeometry) {
    shadow.pitch    := io.instruction(GeometryFields.pitch)
    shadow.inHeight := io.instruction(GeometryFields.inHeight)
    shadow.inWidth  := io.instruction(GeometryFields.inWidth)
    shadow.padValue := io.instruction(GeometryFields.padValue)
    seen            := true.B
    when(!seen || io.instruction(GeometryFields.pitch) =/= shadow.pitch) {
      shadow.stepY := 0.U
      shadow.stepX := 0.U
      count        := 0.U
    }
  }.elsewhen(!io.ready) {
    // Positions run in at the last lane; what follows the last lane's is the step from tile to tile.
    val one = after(shadow.stepY, shadow.stepX)
    val two = after(one._1, one._2)
    shadow.laneY := VecInit(shadow.laneY.drop(2) ++ Seq(shadow.stepY, one._1).map(_(config.laneBits - 1, 0)))
    shadow.laneX := VecInit(shadow.laneX.drop(2) ++ Seq(shadow.stepX, one._2).map(_(config.laneBits - 1, 0)))
    shadow.stepY := two._1
    shadow.stepX := two._2
    count        := count + 2.U
  }

  /** Row and column of the pixel behind a pixel. */
  private def after(y: UInt, x: UInt): (UInt, UInt) = {
    val wraps = x +& 1.U === shadow.pitch
    ((y + wraps)(shadow.stepY.getWidth - 1, 0), Mux(wraps, 0.U, x + 1.U)(shadow.stepX.getWidth - 1, 0))
  }
  io.ready       := count === lanes.U
  io.scatterNext := output.flag(OutputFields.scatter)

  private val geometry = Reg(new Geometry(config))
  private val settings = Reg(new OutputSettings)
  when(io.take) {
    geometry := shadow
    settings := LayerSettings.decode(output)
  }
  io.geometry := geometry
  io.settings := settings
  assert(!io.take || io.ready, "settings are taken before the lanes' positions are there")
  assert(!io.setGeometry || io.instruction(GeometryFields.pitch) =/= 0.U, "a geometry without a pitch")
}

/** Decoding of OUTPUT. */
object LayerSettings {

  /** The settings that an OUTPUT asks for. */
  def decode(i: Instruction): OutputSettings = {
    val f                          = OutputFields
    val s                          = Wire(new OutputSettings)
    def span(low: UInt, end: UInt) = Mux(end > low, end - low, 0.U)
    s.window.addY    := 0.U(19.W) - i(f.y0)
    s.window.addX    := 0.U(19.W) - i(f.x0)
    s.window.spanY   := span(i(f.y0), i(f.y1))
    s.window.spanX   := span(i(f.x0), i(f.x1))
    s.scatter        := i.flag(f.scatter)
    s.pitch          := i(f.pitch)
    s.strideY        := i(f.strideY)
    s.strideX        := i(f.strideX)
    s.paired         := i.flag(f.paired)
    s.phaseRows      := i(f.phaseRows)
    s.rowPhaseRows   := i(f.strideX) * i(f.phaseRows)
    s.offset         := i.signed(f.offset)
    s.midWide        := i.flag(f.midWide)
    s.midLow         := Mux(i.signed(f.midLow) < i.signed(f.midHigh), i.signed(f.midLow), i.signed(f.midHigh))
    s.midHigh        := i.signed(f.midHigh)
    s.mainMultiplier := i(f.mainMultiplier)
    s.skipMultiplier := i.signed(f.skipMultiplier)
    s.shift          := Requantiser.limited(i(f.shift), Requantiser.secondShiftLimit)
    s.addend         := Requantiser.addend(i(f.shift), Requantiser.secondShiftLimit)
    s.lost           := Requantiser.lost(i(f.shift), Requantiser.secondShiftLimit)
    s.skipZero       := i(f.skipZero)
    s.outZero        := i(f.outZero)
    s.low            := Mux(i(f.low) < i(f.high), i(f.low), i(f.high))
    s.high           := i(f.high)
    s
  }
}
