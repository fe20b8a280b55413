package proprunn.array

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.util.Random

class LaneMaskSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 2, lanes = 8, dramBytes = 4)

  /** A plane of a size, seen from positions that are moved by (dy, dx). */
  private def look(dut: LaneMask, dy: Int, dx: Int, height: Int, width: Int): Unit = {
    dut.io.window.addY.poke(dy & 0x7ffff)
    dut.io.window.addX.poke(dx & 0x7ffff)
    dut.io.window.spanY.poke(height)
    dut.io.window.spanX.poke(width)
  }

  private def place(dut: LaneMask, lanes: Seq[(Int, Int)]): Unit = for (((y, x), lane) <- lanes.zipWithIndex) {
    dut.io.y(lane).poke(y)
    dut.io.x(lane).poke(x)
  }

  private def mask(dut: LaneMask): Seq[Boolean] = Seq.tabulate(config.lanes)(dut.io.mask.peek().litValue.testBit)

  "The lane mask" should "hold to every sentence below" in simulate(new LaneMask(config)) { dut =>
    scenario(dut, "A lane should be inside where its moved position lies in the plane") {
      val random = new Random(1)
      for (_ <- 0 until 200) {
        val (height, width, dy, dx) = (random.nextInt(6), random.nextInt(6), random.between(-3, 4), random.between(-3, 4))
        val lanes                   = Seq.fill(config.lanes)((random.nextInt(7), random.nextInt(7)))
        look(dut, dy, dx, height, width)
        place(dut, lanes)
        val expected = lanes.map { case (y, x) => y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width }
        assert(mask(dut) == expected, s"$height x $width plane, moved by ($dy, $dx), lanes at $lanes")
      }
    }
    scenario(dut, "The greatest map should have its last pixel inside, and a position beyond every map nothing") {
      look(dut, 0, 0, 65535, 65535)
      place(dut, Seq((65534, 65534), (65535, 0), (0, 65535), (1 << 17, 0), (0, 0), (0, 0), (0, 0), (0, 0)))
      assert(mask(dut) == Seq(true, false, false, false, true, true, true, true))
      look(dut, -2048, 2047, 65535, 65535)
      place(dut, Seq.fill(config.lanes)((1 << 17, 0)))
      assert(!mask(dut).contains(true))
    }
  }
}
