package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.collection.mutable
import scala.util.Random

class RowReaderSpec extends Scenarios {
  private val config      = AcceleratorConfig(rows = 4, lanes = 32, bankDepth = 64, dramBytes = 8)
  private val beatsPerRow = config.lanes / config.dramBytes
  private val snapshot    = (0 until TransferDecoder.snapshotBytes).map(i => BigInt((i * 11 + 3) & 0xff) << (8 * i)).reduce(_ | _)

  private case class Plane(row: Int, beats: Int, counters: Boolean = false)
  private val counters = Plane(0, TransferDecoder.snapshotBytes / config.dramBytes, counters = true)

  private def rowBytes(row: Int): Seq[Int] = Seq.tabulate(config.lanes)(lane => (row * 7 + lane) & 0xff)
  private def joined(bytes: Seq[Int]): BigInt = bytes.zipWithIndex.map { case (byte, i) => BigInt(byte) << (8 * i) }.reduce(_ | _)

  /** Data and number of beats of every row of a plane. */
  private def meaning(plane: Plane): Seq[(BigInt, Int)] =
    for (i <- 0 until plane.beats by beatsPerRow) yield {
      val row  = i / beatsPerRow
      val data = if (plane.counters) (snapshot >> (row * config.lanes * 8)) & ((BigInt(1) << (config.lanes * 8)) - 1) else joined(rowBytes(plane.row + row))
      (data, (plane.beats - i).min(beatsPerRow))
    }

  private class Bench(dut: RowReader, patience: Double) {
    val rows: mutable.Buffer[(BigInt, Int)] = mutable.Buffer()
    var (cycles, snapshots)                 = (0, 0)
    private val random                      = new Random(1)
    private val onTheWay                    = mutable.Queue.fill(1)(Option.empty[Int])
    private def willing                     = random.nextDouble() < patience

    /** The banks answer two cycles after they took a row. */
    private def banks(): Unit = {
      val ready = willing
      dut.io.bankRead.ready.poke(ready)
      val answer = onTheWay.dequeue()
      dut.io.bankReadData.valid.poke(pending.nonEmpty)
      for (row <- pending; (byte, lane) <- rowBytes(row).zipWithIndex) dut.io.bankReadData.bits(lane).poke(byte)
      pending = answer
      onTheWay.enqueue(Option.when(ready && dut.io.bankRead.valid.peek().litToBoolean)(dut.io.bankRead.bits.peek().litValue.toInt))
    }
    private var pending = Option.empty[Int]

    /** One cycle; true where a plane that is offered is taken. */
    def step(): Boolean = {
      banks()
      val takes = willing
      dut.io.row.ready.poke(takes)
      if (takes && dut.io.row.valid.peek().litToBoolean) rows += ((dut.io.row.bits.data.peek().litValue, dut.io.row.bits.lastSlot.peek().litValue.toInt + 1))
      snapshots += dut.io.snapshot.ready.peek().litValue.toInt
      val taken = dut.io.plane.ready.peek().litToBoolean
      dut.clock.step()
      cycles += 1
      assert(cycles < 5000, "the planes never end")
      taken
    }

    def run(planes: Seq[Plane]): Unit = {
      val waiting = mutable.Queue.from(planes)
      val total   = planes.map(meaning(_).size).sum
      while (rows.size < total) {
        dut.io.plane.valid.poke(waiting.nonEmpty)
        for (plane <- waiting.headOption) {
          dut.io.plane.bits.row.poke(plane.row)
          dut.io.plane.bits.beats.poke(plane.beats)
          dut.io.plane.bits.counters.poke(plane.counters)
        }
        if (step() && waiting.nonEmpty) waiting.dequeue()
      }
    }
  }

  "The row reader" should "hold to every sentence below" in simulate(new RowReader(config)) { dut =>
    scenario(dut, "Rows of planes and pieces of snapshots should come in order, the last as far as it goes") {
      val random = new Random(2)
      val planes = Seq.tabulate(40)(i => if (i % 5 == 4) counters else Plane(random.nextInt(50), 1 + random.nextInt(40)))
      for (patience <- Seq(1.0, 0.4)) {
        dut.io.snapshot.valid.poke(true)
        dut.io.snapshot.bits.poke(snapshot)
        val bench = new Bench(dut, patience)
        bench.run(planes)
        assert(bench.rows.toSeq == planes.flatMap(meaning))
        assert(bench.snapshots == planes.count(_.counters))
      }
    }
    scenario(dut, "A row should come in every cycle, across planes") {
      val bench = new Bench(dut, patience = 1.0)
      bench.run(Seq.fill(10)(Plane(0, beats = 4 * beatsPerRow)))
      assert(bench.cycles <= 40 + 5, s"40 rows took ${bench.cycles} cycles")
    }
    scenario(dut, "A snapshot should wait until it is there") {
      val bench = new Bench(dut, patience = 1.0)
      dut.io.plane.valid.poke(true)
      dut.io.plane.bits.counters.poke(true)
      dut.io.plane.bits.beats.poke(counters.beats)
      bench.step()
      dut.io.plane.valid.poke(false)
      for (_ <- 0 until 10) bench.step()
      assert(bench.rows.isEmpty)
      dut.io.snapshot.valid.poke(true)
      dut.io.snapshot.bits.poke(snapshot)
      for (_ <- 0 until 10) bench.step()
      assert(bench.rows.toSeq == meaning(counters))
    }
    scenario(dut, "A halt should stop the reading") {
      dut.io.plane.valid.poke(true)
      dut.io.plane.bits.beats.poke(100)
      dut.clock.step()
      dut.io.bankRead.valid.expect(true)
      dut.io.halt.poke(true)
      dut.io.bankRead.valid.expect(false)
    }
  }
}
