package proprunn.postprocess

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.control.Encode
import proprunn.isa.RecordFields

import scala.collection.mutable
import scala.util.Random

class RecordFetchSpec extends Scenarios {
  private val config  = AcceleratorConfig(rows = 4, lanes = 4, recordDepth = 32, dramBytes = 4)
  private val records = Seq.tabulate(config.recordDepth)(i => (i * 1000 - 7, 40000 + i, i % 64, i % 2, i * 33, i * 77))

  private case class Job(rows: Int, record: Int, index: Int)

  private def encode(record: Int): BigInt = {
    val (bias, multiplier, shift, skipEnable, outRow, skipRow) = records(record)
    val f = RecordFields
    Encode.fields(
      f.bias       -> (BigInt(bias) & 0xffffffffL),
      f.multiplier -> multiplier,
      f.shift      -> shift,
      f.skipEnable -> skipEnable,
      f.outRow     -> outRow,
      f.skipRow    -> skipRow
    )
  }

  private def offer(dut: RecordFetch, job: Option[Job]): Unit = {
    dut.io.jobs.valid.poke(job.nonEmpty)
    for (j <- job) {
      dut.io.jobs.bits.rows.poke(j.rows)
      dut.io.jobs.bits.record.poke(j.record)
      dut.io.jobs.bits.work.index.poke(j.index)
    }
  }

  private def expectRow(dut: RecordFetch, job: Job, row: Int): Unit = {
    val bits = dut.io.rows.bits
    bits.work.index.expect(job.index)
    bits.real.expect(job.rows != 0)
    bits.last.expect(row + 1 >= job.rows)
    if (job.rows != 0) {
      val (bias, multiplier, shift, skipEnable, outRow, skipRow) = records(job.record + row)
      bits.bias.expect(bias)
      bits.multiplier.expect(multiplier)
      bits.shift.expect(shift)
      bits.skipEnable.expect(skipEnable == 1)
      bits.outRow.expect(outRow)
      bits.skipRow.expect(skipRow)
    } else bits.skipEnable.expect(false)
  }

  /** Runs the jobs; rows are taken with a certain chance per cycle. Returns the cycles. */
  private def run(dut: RecordFetch, jobs: Seq[Job], willingness: Double): Int = {
    val random   = new Random(1)
    val waiting  = mutable.Queue.from(jobs)
    val expected = mutable.Queue.from(for (job <- jobs; row <- 0 until job.rows.max(1)) yield (job, row))
    var cycles   = 0
    while (expected.nonEmpty) {
      offer(dut, waiting.headOption)
      val ready = random.nextDouble() < willingness
      dut.io.rows.ready.poke(ready)
      if (dut.io.rows.valid.peek().litToBoolean) {
        expectRow(dut, expected.head._1, expected.head._2)
        if (ready) expected.dequeue()
      }
      if (waiting.nonEmpty && dut.io.jobs.ready.peek().litToBoolean) waiting.dequeue()
      val asked = Option.when(dut.io.read.enable.peek().litToBoolean)(dut.io.read.address.peek().litValue.toInt)
      dut.clock.step()
      asked.foreach(address => dut.io.read.data.poke(encode(address)))
      cycles += 1
      assert(cycles < 2000, "the jobs never end")
    }
    dut.io.rows.ready.poke(false)
    dut.io.busy.expect(false)
    cycles
  }

  "The record fetch" should "hold to every sentence below" in simulate(new RecordFetch(config)) { dut =>
    scenario(dut, "Every job's rows should come in order with their records, however long they are left waiting") {
      val random = new Random(2)
      val jobs   = Seq.tabulate(60)(i => Job(random.nextInt(config.rows + 1), random.nextInt(config.recordDepth - config.rows), i))
      for (willingness <- Seq(0.3, 0.8, 1.0)) run(dut, jobs, willingness)
    }
    scenario(dut, "Rows should come one per cycle while they are taken") {
      val jobs = Seq.tabulate(20)(i => Job(config.rows, i % 8, i))
      assert(run(dut, jobs, willingness = 1.0) <= 20 * config.rows + 4)
    }
    scenario(dut, "As many jobs should wait as are promised") {
      dut.io.jobs.valid.poke(true)
      dut.io.jobs.bits.rows.poke(config.rows)
      var taken = 0
      while (dut.io.jobs.ready.peek().litToBoolean && taken < 100) {
        dut.clock.step()
        taken += 1
      }
      assert(taken >= RecordFetch.jobs && taken < 100)
      dut.io.busy.expect(true)
    }
  }
}
