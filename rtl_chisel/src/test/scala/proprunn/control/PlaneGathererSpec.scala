package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa.{Fault, Target}

import scala.collection.mutable
import scala.util.Random

class PlaneGathererSpec extends Scenarios {
  private val config   = AcceleratorConfig(rows = 4, lanes = 32, dramBytes = 8)
  private val memories = new TransferDecoder(config).memories

  private case class Plane(target: Int, address: Int, beats: Int, last: Boolean = false, tokensOnly: Boolean = false)

  /** A word: target, address, beats in it (the lowest first), completes the job. */
  private case class Word(target: Int, address: Int, beats: Seq[BigInt], last: Boolean)

  private def offer(dut: PlaneGatherer, plane: Option[Plane]): Unit = {
    dut.io.plane.valid.poke(plane.nonEmpty)
    for (p <- plane) {
      dut.io.plane.bits.target.poke(p.target)
      dut.io.plane.bits.address.poke(p.address)
      dut.io.plane.bits.beats.poke(p.beats)
      dut.io.plane.bits.last.poke(p.last)
      dut.io.plane.bits.tokensOnly.poke(p.tokensOnly)
    }
  }

  /** What the beats of planes are gathered to. */
  private def meaning(planes: Seq[Plane], beats: Iterator[BigInt]): Seq[Word] = planes.flatMap { plane =>
    val words = beats.take(plane.beats).toSeq.grouped(memories(plane.target).beatsPerWord).toSeq
    if (plane.tokensOnly) Seq(Word(plane.target, plane.address, Seq.empty, plane.last))
    else for ((word, i) <- words.zipWithIndex) yield Word(plane.target, plane.address + i, word, plane.last && i == words.size - 1)
  }

  private def shown(dut: PlaneGatherer): Word = {
    val bits  = dut.io.word.bits
    val count = if (bits.tokensOnly.peek().litToBoolean) 0 else bits.lastSlot.peek().litValue.toInt + 1
    val data  = bits.data.peek().litValue
    val beats = Seq.tabulate(count)(i => (data >> (i * config.dramBits)) & ((BigInt(1) << config.dramBits) - 1))
    Word(bits.target.peek().litValue.toInt, bits.address.peek().litValue.toInt, beats, bits.last.peek().litToBoolean)
  }

  private def gather(dut: PlaneGatherer, planes: Seq[Plane], beats: Seq[BigInt], patience: Double): (Seq[Word], Int) = {
    val random   = new Random(1)
    val (places, data) = (mutable.Queue.from(planes), mutable.Queue.from(beats))
    val words    = mutable.Buffer[Word]()
    var cycles   = 0
    def willing  = random.nextDouble() < patience
    while (places.nonEmpty || dut.io.active.peek().litToBoolean) {
      offer(dut, places.headOption)
      val (sends, takes) = (data.nonEmpty && willing, willing)
      dut.io.data.valid.poke(sends)
      for (beat <- data.headOption) dut.io.data.bits.data.poke(beat)
      dut.io.word.ready.poke(takes)
      if (takes && dut.io.word.valid.peek().litToBoolean) words += shown(dut)
      if (sends && dut.io.data.ready.peek().litToBoolean) data.dequeue()
      if (places.nonEmpty && dut.io.plane.ready.peek().litToBoolean) places.dequeue()
      dut.clock.step()
      cycles += 1
      assert(cycles < 5000, "the planes never end")
    }
    assert(data.isEmpty, "beats are left")
    (words.toSeq, cycles)
  }

  private def randomPlane(random: Random): Plane = {
    val target = random.nextInt(Target.count)
    val whole  = (1 + random.nextInt(5)) * memories(target).beatsPerWord
    val beats  = if (target == Target.bank) whole - random.nextInt(memories(target).beatsPerWord) else whole
    if (random.nextInt(8) == 0) Plane(target, 0, beats = 0, last = true, tokensOnly = true)
    else Plane(target, random.nextInt(100), beats, random.nextBoolean())
  }

  "The gatherer" should "hold to every sentence below" in simulate(new PlaneGatherer(config)) { dut =>
    scenario(dut, "Beats should be joined to words of their memory, the last bank row of a plane as far as it goes") {
      val random = new Random(2)
      val planes = Seq.fill(60)(randomPlane(random))
      val beats  = Seq.fill(planes.map(_.beats).sum)(BigInt(config.dramBits, random))
      for (patience <- Seq(1.0, 0.5)) {
        val words = gather(dut, planes, beats, patience)._1
        assert(words == meaning(planes, beats.iterator))
      }
    }
    scenario(dut, "A beat should be taken in every cycle, across planes") {
      val planes = Seq.fill(10)(Plane(Target.bank, 0, beats = 8))
      assert(gather(dut, planes, Seq.fill(80)(BigInt(1)), patience = 1.0)._2 <= 81)
    }
    scenario(dut, "A beat that DRAM could not read should be a fault of its plane's instruction") {
      offer(dut, Some(Plane(Target.vector, 0, beats = 2)))
      dut.io.plane.bits.completion.index.poke(9)
      dut.clock.step()
      dut.io.word.ready.poke(true)
      dut.io.data.valid.poke(true)
      dut.io.fault.valid.expect(false)
      dut.io.data.bits.error.poke(true)
      dut.io.fault.valid.expect(true)
      dut.io.fault.bits.code.expect(Fault.dramError)
      dut.io.fault.bits.index.expect(9)
    }
  }
}
