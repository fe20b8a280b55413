package proprunn.control

import chisel3._
import proprunn.array.{Geometry, TilePosition}
import proprunn.config.AcceleratorConfig

/** The tile whose turn it is, and where it stands in its map. */
class TileCursor(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val geometry = Input(new Geometry(config))

    /** An instruction starts with the next cycle, at tile 0 with `restart`. */
    val start   = Input(Bool())
    val restart = Input(Bool())

    /** The tile ends; with `restore` the cursor goes back to where the instruction started. */
    val step     = Input(Bool())
    val restore  = Input(Bool())
    val position = Output(new TilePosition(config))
  })
  private val now   = RegInit(0.U.asTypeOf(new TilePosition(config)))
  private val saved = RegInit(0.U.asTypeOf(new TilePosition(config)))

  private val following = Wire(new TilePosition(config))
  private val x         = now.x +& io.geometry.stepX
  private val wraps     = x >= io.geometry.pitch
  following.tile := Mux(now.tile(23), now.tile, now.tile + 1.U)
  following.flat := now.flat + config.lanes.U
  following.x    := Mux(wraps, x - io.geometry.pitch, x)(15, 0)
  following.y    := Mux(now.y(17), now.y, now.y + io.geometry.stepY + wraps)

  private val after = Wire(new TilePosition(config))
  private val begin = Wire(new TilePosition(config))
  after := Mux(io.step, Mux(io.restore, saved, following), now)
  begin := Mux(io.restart, 0.U.asTypeOf(begin), after)
  now   := Mux(io.start, begin, after)
  when(io.start)(saved := begin)
  io.position := now
  assert(!io.step || now.x < io.geometry.pitch, "the cursor stands behind the end of its map row")
}
