package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.collection.mutable
import scala.util.Random

class WriteStreamSpec extends Scenarios {
  private val config      = AcceleratorConfig(rows = 4, lanes = 32, dramBytes = 8)
  private val beatsPerRow = config.lanes / config.dramBytes
  private val slotBits    = 2

  /** A beat of AXI. */
  private case class Beat(data: BigInt, enable: Boolean, last: Boolean)

  private class Bench(dut: WriteStream, bursts: Seq[Int], rows: Seq[Seq[BigInt]], patience: Double) {
    val beats: mutable.Buffer[Beat] = mutable.Buffer()
    var cycles                      = 0
    private val random              = new Random(1)
    private val (lengths, waiting)  = (mutable.Queue.from(bursts), mutable.Queue.from(rows))
    private var offered             = Option.empty[Beat]
    private def willing             = random.nextDouble() < patience

    private def shown: Option[Beat] = Option.when(dut.io.beat.valid.peek().litToBoolean) {
      val bits = dut.io.beat.bits
      Beat(bits.data.peek().litValue, bits.enable.peek().litToBoolean, bits.last.peek().litToBoolean)
    }

    private def offerRow(): Boolean = {
      val offers = waiting.nonEmpty && willing
      dut.io.row.valid.poke(offers)
      for (row <- waiting.headOption) {
        dut.io.row.bits.data.poke(row.zipWithIndex.map { case (beat, i) => beat << (i * config.dramBits) }.reduce(_ | _))
        dut.io.row.bits.lastSlot.poke(row.size - 1)
      }
      offers && dut.io.row.ready.peek().litToBoolean
    }

    def step(): Unit = {
      val takes = willing
      dut.io.beat.ready.poke(takes)
      dut.io.burst.valid.poke(lengths.nonEmpty)
      for (beats <- lengths.headOption) dut.io.burst.bits.poke(beats - 1)
      val rowTaken   = offerRow()
      val burstTaken = lengths.nonEmpty && dut.io.burst.ready.peek().litToBoolean
      for (before <- offered) assert(shown.contains(before), "an offered beat was changed")
      offered = shown.filterNot(_ => takes)
      if (takes) beats ++= shown
      if (rowTaken) waiting.dequeue()
      if (burstTaken) lengths.dequeue()
      dut.clock.step()
      cycles += 1
      assert(cycles < 5000, "the bursts never end")
    }

    def run(): Unit = while (beats.size < bursts.sum) step()
  }

  private def rowsOf(random: Random, count: Int): Seq[Seq[BigInt]] =
    Seq.fill(count)(Seq.fill(1 + random.nextInt(beatsPerRow))(BigInt(config.dramBits, random)))

  /** Bursts that together are as long as the rows. */
  private def burstsOf(random: Random, beats: Int): Seq[Int] =
    if (beats == 0) Seq.empty
    else {
      val first = (1 + random.nextInt(20)).min(beats)
      first +: burstsOf(random, beats - first)
    }

  "The write stream" should "hold to every sentence below" in simulate(new WriteStream(config, slotBits)) { dut =>
    scenario(dut, "Rows should be sent beat by beat, however bursts cut them, and what is offered should never change") {
      for ((patience, seed) <- Seq(1.0 -> 1, 0.5 -> 2)) {
        val random = new Random(seed)
        val rows   = rowsOf(random, 60)
        val bursts = burstsOf(random, rows.flatten.size)
        val bench  = new Bench(dut, bursts, rows, patience)
        bench.run()
        val ends = bursts.scanLeft(0)(_ + _).tail.toSet
        assert(bench.beats.toSeq == rows.flatten.zipWithIndex.map { case (data, i) => Beat(data, enable = true, ends(i + 1)) })
      }
    }
    scenario(dut, "A beat should be sent in every cycle") {
      val bench = new Bench(dut, Seq(64, 36), Seq.fill(25)(Seq.fill(beatsPerRow)(BigInt(1))), patience = 1.0)
      bench.run()
      assert(bench.cycles <= 101)
    }
    scenario(dut, "After a halt the announced beats should be completed without rows and without writing") {
      val bench = new Bench(dut, Seq(10, 5), Seq.fill(2)(Seq.fill(beatsPerRow)(BigInt(7))), patience = 1.0)
      for (_ <- 0 until 6) bench.step()
      dut.io.halt.poke(true)
      bench.run()
      assert(bench.beats.map(_.last).toSeq == Seq.tabulate(15)(i => i == 9 || i == 14))
      assert(bench.beats.map(_.enable).toSeq == Seq.tabulate(15)(_ < 6))
    }
  }
}
