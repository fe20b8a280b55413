package proprunn.postprocess

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.collection.mutable
import scala.util.Random

class DrainWriterSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 32, dramBytes = 8)
  private val lanes  = config.lanes

  private case class Run(first: Int, end: Int, alternate: Boolean, linear: Int, row: Int, mask: Int, data: Seq[Int], paired: Boolean = false, apart: Int = 0) {
    private def slot(lane: Int): Int =
      if (paired) lane / 2 + lane % 2 * (lanes / 2 + apart * lanes) else if (alternate) lane / 2 else lane

    /** Flat pixel and byte of everything that is written, as `WriteRun` has it. */
    def meaning: Map[Int, Int] = (for (lane <- first until end by (if (alternate) 2 else 1) if (mask >> lane & 1) == 1)
      yield (row * lanes + linear + slot(lane)) -> data(lane)).toMap
  }

  private def offer(dut: DrainWriter, run: Run, index: Int): Unit = {
    val bits = dut.io.run.bits
    bits.first.poke(run.first)
    bits.end.poke(run.end)
    bits.alternate.poke(run.alternate)
    bits.paired.poke(run.paired)
    bits.apart.poke(run.apart)
    bits.linear.poke(run.linear)
    bits.row.poke(run.row)
    bits.index.poke(index)
    bits.signalA.poke(index % 2 == 0)
    bits.signalB.poke(index % 3 == 0)
    dut.io.mask.poke(run.mask)
    for ((value, lane) <- run.data.zipWithIndex) dut.io.data(lane).poke(value)
  }

  /** What a bank write changes, by flat pixel. */
  private def written(dut: DrainWriter): Map[Int, Int] = {
    val write  = dut.io.write.bits
    val mask   = write.mask.peek().litValue
    val (lower, upper, useUpper) = (write.rows.lower.peek().litValue.toInt, write.rows.upper.peek().litValue.toInt, write.rows.useUpper.peek().litValue)
    val (farLower, farUpper, useFar) = (write.far.lower.peek().litValue.toInt, write.far.upper.peek().litValue.toInt, write.useFar.peek().litValue)
    def row(bank: Int): Int = (useFar.testBit(bank), useUpper.testBit(bank)) match {
      case (false, upperOne) => if (upperOne) upper else lower
      case (true, upperOne)  => if (upperOne) farUpper else farLower
    }
    (for (bank <- 0 until lanes if mask.testBit(bank)) yield row(bank) * lanes + bank -> write.data(bank).peek().litValue.toInt).toMap
  }

  /** What is seen of runs that follow each other, cycle by cycle with gaps. */
  private class Seen {
    val writes: mutable.Buffer[Map[Int, Int]] = mutable.Buffer()
    val faults: mutable.Buffer[Int]           = mutable.Buffer()
    var signals: (Int, Int)                   = (0, 0)
  }

  private def send(dut: DrainWriter, runs: Seq[Option[Run]]): Seen = {
    val seen = new Seen
    def look(): Unit = {
      if (dut.io.write.valid.peek().litToBoolean) seen.writes += written(dut)
      if (dut.io.fault.valid.peek().litToBoolean) seen.faults += dut.io.fault.bits.peek().litValue.toInt
      seen.signals = (seen.signals._1 + dut.io.signalA.peek().litValue.toInt, seen.signals._2 + dut.io.signalB.peek().litValue.toInt)
      dut.clock.step()
    }
    for ((run, index) <- runs.zipWithIndex) {
      dut.io.run.valid.poke(run.nonEmpty)
      run.foreach(offer(dut, _, index))
      look()
    }
    dut.io.run.valid.poke(false)
    while (dut.io.busy.peek().litToBoolean) look()
    seen
  }

  private def bytes(random: Random): Seq[Int] = Seq.fill(lanes)(random.nextInt(256))

  private def randomRun(random: Random): Run = {
    val first     = random.nextInt(lanes)
    val alternate = random.nextBoolean()
    val paired    = !alternate && random.nextBoolean()
    val row       = random.between(1, config.bankDepth - 12)
    val end       = random.between(first + 1, lanes + 1)
    Run(first, end, alternate, random.between(-lanes, 2 * lanes), row, random.nextInt(256), bytes(random), paired, apart = random.nextInt(9))
  }

  "The drain's writer" should "hold to every sentence below" in simulate(new DrainWriter(config)) { dut =>
    scenario(dut, "A run should write its masked lanes to neighbouring pixels and nothing else, one run per cycle") {
      val random = new Random(1)
      val runs   = Seq.fill(300)(Option.when(random.nextInt(8) != 0)(randomRun(random)))
      val seen   = send(dut, runs)
      assert(seen.writes.toSeq == runs.flatten.map(_.meaning).filter(_.nonEmpty))
      assert(seen.faults.isEmpty)
    }
    scenario(dut, "Whole rows should be written from every first pixel") {
      val runs = Seq.tabulate(lanes)(bank => Run(0, lanes, alternate = false, bank, row = 3, 0xff, bytes(new Random(bank))))
      assert(send(dut, runs.map(Some(_))).writes.toSeq == runs.map(_.meaning))
    }
    scenario(dut, "Tokens should be given for the runs that carry them, also where no lane is written") {
      val runs = Seq.tabulate(30)(i => Option.when(i % 5 != 1)(Run(0, lanes, alternate = false, 0, row = 1, mask = i % 2, bytes(new Random(i)))))
      val sent = runs.indices.filter(runs(_).nonEmpty)
      assert(send(dut, runs).signals == ((sent.count(_ % 2 == 0), sent.count(_ % 3 == 0))))
    }
    scenario(dut, "A lane that is written beyond the banks should be reported with its instruction, one that is masked should not") {
      val data = bytes(new Random(1))
      val top  = config.bankDepth - 1
      val cases = Seq(
        Run(0, lanes, alternate = false, 0, top, 0xff, data)                -> false,
        Run(0, lanes, alternate = false, 1, top, 0xff, data)                -> true,
        Run(0, lanes, alternate = false, 1, top, 0x7f, data)                -> false,
        Run(0, lanes, alternate = false, 0, top + 1, 0x01, data)            -> true,
        Run(0, lanes, alternate = false, 0, top + 1, 0x00, data)            -> false,
        Run(0, lanes, alternate = false, -1, 0, 0xff, data)                 -> true,
        Run(0, lanes, alternate = false, -1, 0, 0xfe, data)                 -> false,
        Run(0, lanes, alternate = false, 0, (1 << 26) - 1, 0xff, data)      -> true,
        Run(0, lanes, alternate = false, -lanes * 40, 5, 0xff, data)        -> true,
        Run(1, lanes, alternate = true, lanes - 3, top, 0xff, data)         -> true,
        Run(1, lanes - 2, alternate = true, lanes - 3, top, 0xff, data)     -> false,
        Run(0, lanes, alternate = false, 0, top - 3, 0xff, data, paired = true, apart = 3) -> false,
        Run(0, lanes, alternate = false, 0, top - 3, 0xff, data, paired = true, apart = 4) -> true,
        Run(0, lanes, alternate = false, 1, top - 3, 0xff, data, paired = true, apart = 3) -> true,
        Run(0, lanes, alternate = false, 1, top - 3, 0x7f, data, paired = true, apart = 3) -> false,
        Run(0, lanes, alternate = false, 0, top - 3, 0x55, data, paired = true, apart = 9) -> false
      )
      assert(send(dut, cases.map { case (run, _) => Some(run) }).faults.toSeq == cases.indices.filter(cases(_)._2))
    }
  }
}
