package proprunn.array

import chisel3._
import proprunn.config.AcceleratorConfig

/** Row and column of every lane, from those of lane 0; registered. */
class LanePositions(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val update   = Input(Bool())
    val position = Input(new TilePosition(config))
    val geometry = Input(new Geometry(config))
    val y        = Output(Vec(config.lanes, UInt(18.W)))
    val x        = Output(Vec(config.lanes, UInt(16.W)))
  })
  for (lane <- 0 until config.lanes) {
    val sum   = io.position.x +& io.geometry.laneX(lane)
    val wraps = sum >= io.geometry.pitch
    val y     = Reg(UInt(18.W))
    val x     = Reg(UInt(16.W))
    when(io.update) {
      x := Mux(wraps, sum - io.geometry.pitch, sum)(15, 0)
      y := Mux(io.position.y(17), io.position.y, io.position.y + io.geometry.laneY(lane) + wraps)
    }
    io.y(lane) := y
    io.x(lane) := x
  }
  assert(!io.update || io.position.x < io.geometry.pitch, "lane 0 of a tile stands behind the end of its map row")
}
