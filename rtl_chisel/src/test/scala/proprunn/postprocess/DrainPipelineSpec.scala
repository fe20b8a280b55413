package proprunn.postprocess

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.control.Encode
import proprunn.isa.RecordFields

import scala.collection.mutable
import scala.util.Random

class DrainPipelineSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 64, recordDepth = 16, dramBytes = 8)
  private val lanes  = config.lanes

  /** A filter that writes `clamp(sum + bias + skip)`: what is tested here is where things go, not how they are rounded. */
  private case class Record(bias: Int, skipEnable: Boolean, outRow: Int, skipRow: Int)
  private case class Tile(number: Int, record: Int, sums: Seq[Seq[Int]], mask: Int = 0xff, pool: Boolean = false, signal: Boolean = false, fresh: Boolean = false)

  private def skipByte(row: Int, bank: Int): Int = (row * 3 + bank) % 50

  /** Flat pixel and byte of everything that a tile writes. */
  private def meaning(records: Seq[Record], tile: Tile): Map[Int, Int] = {
    val moved = if (tile.pool) 0 else tile.number
    val written = if (tile.pool) Seq(0) else (0 until lanes).filter(lane => (tile.mask >> lane & 1) == 1)
    (for ((row, sums) <- tile.sums.indices.zip(tile.sums); lane <- written) yield {
      val record = records(tile.record + row)
      val sum    = if (tile.pool) sums.sum else sums(lane)
      val skip   = if (record.skipEnable) skipByte(record.skipRow + moved, lane) else 0
      ((record.outRow + moved) * lanes + lane) -> (sum + record.bias + skip).max(0).min(255)
    }).toMap
  }

  private def encode(record: Record): BigInt = Encode.fields(
    RecordFields.bias       -> (BigInt(record.bias) & 0xffffffffL),
    RecordFields.multiplier -> 1,
    RecordFields.skipEnable -> (if (record.skipEnable) 1 else 0),
    RecordFields.outRow     -> record.outRow,
    RecordFields.skipRow    -> record.skipRow
  )

  /** Feeds tiles to the drain and answers it as memories do. */
  private class Bench(dut: DrainPipeline, records: Seq[Record], skipPatience: Double = 1.0) {
    val written: mutable.Map[Int, Int] = mutable.Map()
    val order: mutable.Buffer[Int]     = mutable.Buffer()
    val skipFaults: mutable.Set[Int]   = mutable.Set()
    val writeFaults: mutable.Set[Int]  = mutable.Set()
    var signals                        = 0
    var (drained, ended)               = (0, 0)
    var cycles                         = 0
    private val random                 = new Random(1)
    private var skipped                = Seq.fill(Requantiser.skipDelay)(Option.empty[Int])

    dut.io.settings.mainMultiplier.poke(1)
    dut.io.settings.skipMultiplier.poke(1)
    dut.io.settings.midLow.poke(-256)
    dut.io.settings.midHigh.poke(255)
    dut.io.settings.high.poke(255)

    private def keepWrite(): Unit = if (dut.io.write.valid.peek().litToBoolean) {
      val write                    = dut.io.write.bits
      val (mask, useUpper)         = (write.mask.peek().litValue, write.rows.useUpper.peek().litValue)
      val (lower, upper)           = (write.rows.lower.peek().litValue.toInt, write.rows.upper.peek().litValue.toInt)
      for (bank <- 0 until lanes if mask.testBit(bank)) {
        val pixel = (if (useUpper.testBit(bank)) upper else lower) * lanes + bank
        written(pixel) = write.data(bank).peek().litValue.toInt
        order += pixel
      }
    }

    private def answerSkip(): Unit = {
      val ready = random.nextDouble() < skipPatience
      dut.io.skip.ready.poke(ready)
      for (row <- skipped.head; bank <- 0 until lanes) dut.io.skipData(bank).poke(skipByte(row, bank))
      skipped = skipped.tail :+ Option.when(ready && dut.io.skip.valid.peek().litToBoolean)(dut.io.skip.bits.peek().litValue.toInt)
    }

    private def step(): Unit = {
      keepWrite()
      signals += dut.io.signalA.peek().litValue.toInt
      drained += dut.io.drained.peek().litValue.toInt
      ended += dut.io.ended.peek().litValue.toInt
      if (dut.io.skipFault.valid.peek().litToBoolean) skipFaults += dut.io.skipFault.bits.peek().litValue.toInt
      if (dut.io.writeFault.valid.peek().litToBoolean) writeFaults += dut.io.writeFault.bits.peek().litValue.toInt
      val asked = Option.when(dut.io.recordRead.enable.peek().litToBoolean)(dut.io.recordRead.address.peek().litValue.toInt)
      dut.clock.step()
      asked.foreach(address => dut.io.recordRead.data.poke(encode(records(address))))
      cycles += 1
      assert(cycles < 3000, "the drain never finishes")
    }

    private def offerJob(tile: Option[Tile]): Unit = {
      dut.io.jobs.valid.poke(tile.nonEmpty)
      for (t <- tile) {
        val work = dut.io.jobs.bits.work
        dut.io.jobs.bits.rows.poke(t.sums.size)
        dut.io.jobs.bits.record.poke(t.record)
        work.tile.poke(t.number)
        work.pool.poke(t.pool)
        work.signalA.poke(t.signal)
        work.index.poke(t.number)
        work.fresh.poke(t.fresh)
      }
    }

    private def offerSums(tile: Option[Tile]): Unit = {
      dut.io.sums.valid.poke(tile.nonEmpty)
      for (t <- tile) {
        dut.io.mask.poke(t.mask)
        for ((row, r) <- t.sums.zipWithIndex; (sum, lane) <- row.zipWithIndex) dut.io.sums.bits(r)(lane).poke(sum)
      }
    }

    /** Jobs come ahead of their sums, as they do from the sequencer. */
    def run(all: Seq[Tile], look: () => Unit = () => ()): Unit = {
      val tiles        = all.head.copy(fresh = true) +: all.tail
      val (jobs, sums) = (mutable.Queue.from(tiles), mutable.Queue.from(tiles.filter(_.sums.nonEmpty)))
      while (jobs.nonEmpty || sums.nonEmpty || !dut.io.idle.peek().litToBoolean) {
        offerJob(jobs.headOption)
        offerSums(sums.headOption)
        answerSkip()
        look()
        val (job, sum) = (dut.io.jobs.ready.peek().litToBoolean, dut.io.sums.ready.peek().litToBoolean)
        step()
        if (job && jobs.nonEmpty) jobs.dequeue()
        if (sum && sums.nonEmpty) sums.dequeue()
      }
    }
  }

  private def rows(random: Random, count: Int): Seq[Seq[Int]] = Seq.fill(count)(Seq.fill(lanes)(random.between(-20, 150)))

  private def tiles(random: Random): Seq[Tile] = Seq.tabulate(8) { number =>
    Tile(number, record = random.nextInt(8), rows(random, 1 + random.nextInt(config.rows)), random.nextInt(256), signal = random.nextBoolean())
  }

  private def expectWritten(bench: Bench, expected: Map[Int, Int]): Unit = {
    assert(bench.written.toSet.diff(expected.toSet).isEmpty, "bytes are wrong")
    assert(expected.toSet.diff(bench.written.toSet).isEmpty, "bytes are missing")
  }

  "The drain" should "hold to every sentence below" in simulate(new DrainPipeline(config)) { dut =>
    scenario(dut, "Every filter of every tile should reach its plane with its own bias and skip values, however the banks hold it back") {
      val records = Seq.tabulate(config.recordDepth)(i => Record(5 * i - 20, skipEnable = i % 3 == 0, outRow = (i % 4) * 12, skipRow = (i % 5) * 9))
      for ((patience, seed) <- Seq(1.0 -> 1, 0.3 -> 2)) {
        val work  = tiles(new Random(seed))
        val bench = new Bench(dut, records, patience)
        bench.run(work)
        expectWritten(bench, work.map(meaning(records, _)).reduce(_ ++ _))
        assert(bench.signals == work.count(_.signal))
        assert(bench.drained == work.map(_.sums.size).sum)
      }
    }
    scenario(dut, "Filters should leave one per cycle") {
      val records = Seq.fill(config.recordDepth)(Record(0, skipEnable = true, outRow = 0, skipRow = 20))
      val bench   = new Bench(dut, records)
      bench.run(Seq.tabulate(20)(number => Tile(number, record = 0, rows(new Random(number), config.rows))))
      val filters = 20 * config.rows
      assert(bench.cycles <= filters + Requantiser.latency + 20, s"$filters filters took ${bench.cycles} cycles")
    }
    scenario(dut, "A pooled filter should write one pixel, with the sum over all lanes") {
      val records = Seq.tabulate(config.recordDepth)(i => Record(i, skipEnable = i == 1, outRow = 3 + i, skipRow = 40))
      val work    = Seq(Tile(6, record = 0, Seq.tabulate(config.rows)(row => Seq.tabulate(lanes)(lane => row + lane - 3)), pool = true, signal = true))
      val bench   = new Bench(dut, records)
      bench.run(work)
      expectWritten(bench, meaning(records, work.head))
      assert(bench.signals == 1)
    }
    scenario(dut, "Pooled filters should follow each other one per cycle, however the banks hold their skips back") {
      val records = Seq.tabulate(config.recordDepth)(i => Record(i, skipEnable = i % 2 == 1, outRow = 3 + i, skipRow = 40 + i))
      val random  = new Random(5)
      val work    = Seq.tabulate(6)(tile => Tile(tile, record = 2 * tile, rows(random, 1 + tile % config.rows).map(_.map(_ / 9)), pool = true))
      for (patience <- Seq(1.0, 0.3)) {
        val bench = new Bench(dut, records, patience)
        bench.run(work)
        expectWritten(bench, work.map(meaning(records, _)).reduce(_ ++ _))
        assert(bench.ended == work.size)
        if (patience == 1.0) assert(bench.cycles <= work.map(_.sums.size + LaneSum.latency(lanes) + 1).sum + Requantiser.latency + 20, s"${bench.cycles}")
      }
    }
    scenario(dut, "A fresh tile should take its settings over only when all before it is written") {
      val records = Seq.tabulate(config.recordDepth)(i => Record(0, skipEnable = false, outRow = 3 * i, skipRow = 0))
      val bench   = new Bench(dut, records)
      val work    = Seq.tabulate(4)(number => Tile(number, record = number * config.rows % 16, Seq.fill(config.rows)(Seq.fill(lanes)(100)), fresh = number == 2))
      var changed = 0
      bench.run(work, () => if (dut.io.switched.peek().litToBoolean) {
        changed += 1
        dut.io.settings.high.poke(if (changed == 1) 255 else 50)
        assert(bench.ended == (if (changed == 1) 0 else 2))
        assert(bench.order.size == bench.ended * config.rows * lanes)
      })
      assert(changed == 2)
      for ((pixel, value) <- bench.written) assert(value == (if (bench.order.indexOf(pixel) < 2 * config.rows * lanes) 100 else 50), s"pixel $pixel")
    }
    scenario(dut, "Planes that lie beyond the banks should be reported with the instruction that names them") {
      val inside   = Record(0, skipEnable = true, outRow = 0, skipRow = config.bankDepth - 10)
      val records  = Seq(inside, inside.copy(skipRow = config.bankDepth - 4), inside.copy(outRow = config.bankDepth - 5)).padTo(config.recordDepth, inside)
      val bench    = new Bench(dut, records)
      bench.run(Seq(1 -> 0, 3 -> 1, 4 -> 1, 4 -> 2, 5 -> 2).map { case (number, record) => Tile(number, record, rows(new Random(1), 1)) })
      assert(bench.skipFaults == Set(4))
      assert(bench.writeFaults == Set(5))
    }
  }
}
