package proprunn.array

import chisel3._
import proprunn.config.AcceleratorConfig

/** Which lanes lie inside a window. Combinational. */
class LaneMask(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val y      = Input(Vec(config.lanes, UInt(18.W)))
    val x      = Input(Vec(config.lanes, UInt(16.W)))
    val window = Input(new Window)
    val mask   = Output(UInt(config.lanes.W))
  })
  private val inside = io.y.zip(io.x).map { case (y, x) =>
    (y + io.window.addY) < io.window.spanY && (x + io.window.addX) < io.window.spanX
  }
  io.mask := VecInit(inside).asUInt
}
