package proprunn.array

import chisel3.simulator.PeekPokeAPI
import proprunn.config.AcceleratorConfig
import proprunn.control.Encode
import proprunn.isa.EntryFields

import scala.util.Random

/** An entry of a vector list. */
final case class Entry(flat: Int, dy: Int, dx: Int, shortY: Boolean, shortX: Boolean) {

  /** As it stands in the list memory. */
  def bits: BigInt = {
    val f = EntryFields
    Encode.fields(f.flat -> flat, f.dy -> dy, f.dx -> dx, f.shortY -> (if (shortY) 1 else 0), f.shortX -> (if (shortX) 1 else 0))
  }
}

/** A vector that is issued: its tile, its list entry and the place of its weights. */
final case class Vector(
    tile: Int,
    entry: Int,
    weights: Int,
    newTile: Boolean,
    load: Boolean = false,
    transfer: Boolean = false,
    maximum: Boolean = false,
    pool: Boolean = false
)

/** A map that is walked, and what each lane of a tile means in it. */
final case class Scene(config: AcceleratorConfig, pitch: Int, inHeight: Int, inWidth: Int, originFlat: Int, originY: Int, originX: Int) extends PeekPokeAPI {

  /** Rows and columns that are written. */
  val (y0, y1, x0, x1) = (1, inHeight, 0, inWidth - 1)

  private def lanes(tile: Int): Seq[Int] = Seq.tabulate(config.lanes)(tile * config.lanes + _)

  /** Flat pixel of the banks that each lane reads. */
  def addresses(vector: Vector, entry: Entry): Seq[Int] = lanes(vector.tile).map(n => (n + originFlat + entry.flat) & ((1 << AcceleratorConfig.flatBits) - 1))

  /** Lanes whose source lies in the plane. */
  def inside(vector: Vector, entry: Entry): Seq[Boolean] = lanes(vector.tile).map { n =>
    val (y, x) = (n / pitch + originY + entry.dy, n % pitch + originX + entry.dx)
    y >= 0 && y < inHeight - (if (entry.shortY) 1 else 0) && x >= 0 && x < inWidth - (if (entry.shortX) 1 else 0)
  }

  /** Lanes that are written. */
  def window(vector: Vector): Seq[Boolean] = lanes(vector.tile).map(n => n / pitch >= y0 && n / pitch < y1 && n % pitch >= x0 && n % pitch < x1)

  /** Tells the module of the map. */
  def describe(geometry: Geometry, window: Window): Unit = {
    geometry.pitch.poke(pitch)
    geometry.inHeight.poke(inHeight)
    geometry.inWidth.poke(inWidth)
    for (lane <- 0 until config.lanes) {
      geometry.laneY(lane).poke(lane / pitch)
      geometry.laneX(lane).poke(lane % pitch)
    }
    window.addY.poke(-y0 & 0x7ffff)
    window.spanY.poke(y1 - y0)
    window.addX.poke(-x0 & 0x7ffff)
    window.spanX.poke(x1 - x0)
  }

  /** Issues a vector; the first one brings the map with it. */
  def issue(port: VectorIssue, vector: Vector, index: Int): Unit = {
    port.newSettings.poke(index == 0)
    port.tag.opens.poke(index == 0)
    val first = vector.tile * config.lanes
    port.listAddress.poke(vector.entry)
    port.vectorAddress.poke(vector.weights)
    port.position.tile.poke(vector.tile)
    port.position.flat.poke(first)
    port.position.y.poke(first / pitch)
    port.position.x.poke(first % pitch)
    port.newTile.poke(vector.newTile)
    port.originFlat.poke(originFlat & ((1 << AcceleratorConfig.flatBits) - 1))
    port.originY.poke(originY)
    port.originX.poke(originX)
    port.tag.load.poke(vector.load)
    port.tag.transfer.poke(vector.transfer)
    port.tag.maximum.poke(vector.maximum)
    port.tag.pool.poke(vector.pool)
    port.tag.signalA.poke(vector.transfer)
    port.tag.signalB.poke(vector.load)
    port.index.poke(index)
  }
}

/** Things to walk. */
object Scene {

  /** Entries of a 3 x 3 kernel and of phase planes, all over the banks. */
  def entries(config: AcceleratorConfig, random: Random, count: Int, pixels: Int): Seq[Entry] =
    Seq.fill(count)(Entry(random.nextInt(pixels), random.nextInt(3), random.nextInt(3), random.nextBoolean(), random.nextBoolean()))
}
