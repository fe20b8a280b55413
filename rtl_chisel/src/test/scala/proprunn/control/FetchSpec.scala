package proprunn.control

import chisel3.simulator.PeekPokeAPI
import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa._

import scala.collection.mutable
import scala.util.Random

/** DRAM with one program; what lies around it is an error. */
private class ProgramDram(dut: Fetch, program: Seq[BigInt], at: Int, latency: Int) extends PeekPokeAPI {
  private val answers = mutable.Queue[(Int, Int)]()
  private var cycle   = 0
  val bursts: mutable.Buffer[(Int, Int)] = mutable.Buffer()

  private def beat(address: Int): Option[BigInt] = {
    val offset = address - at
    Option.when(offset >= 0 && offset < program.size * 32)((program(offset / 32) >> (offset % 32 * 8)) & ((BigInt(1) << 64) - 1))
  }

  def step(): Unit = {
    cycle += 1
    val due = answers.headOption.filter(_._1 <= cycle)
    dut.io.data.valid.poke(due.nonEmpty)
    for ((_, address) <- due) {
      dut.io.data.bits.data.poke(beat(address).getOrElse(BigInt(0)))
      dut.io.data.bits.error.poke(beat(address).isEmpty)
      answers.dequeue()
    }
    dut.io.request.ready.poke(true)
    if (dut.io.request.valid.peek().litToBoolean) {
      val (address, beats) = (dut.io.request.bits.address.peek().litValue.toInt, dut.io.request.bits.length.peek().litValue.toInt + 1)
      bursts += ((address, beats))
      for (i <- 0 until beats) answers.enqueue((cycle + latency, address + 8 * i))
    }
    dut.clock.step()
  }
}

class FetchSpec extends Scenarios {
  private val config = AcceleratorConfig(digest = BigInt("fedcba9876543210", 16))

  private def header(count: Int, magic: BigInt = Isa.magic, version: Int = Isa.version, digest: BigInt = config.digest): Seq[BigInt] = {
    val f = HeaderFields
    Seq(Encode.fields(f.magic -> magic, f.isaVersion -> version, f.digest -> digest, f.instructionCount -> count), BigInt(0))
  }

  /** Runs until the program is dispatched or a fault is found; returns what each queue got: (index, instruction). */
  private def dispatch(dut: Fetch, dram: ProgramDram, address: Int, readiness: Double): Map[Int, Seq[(Int, BigInt)]] = {
    val random = new Random(1)
    val got    = (0 until 3).map(_ -> mutable.Buffer[(Int, BigInt)]()).toMap
    dut.io.address.poke(address)
    dut.io.run.poke(true)
    dut.io.quiet.poke(true)
    var cycles = 0
    while (!dut.io.complete.peek().litToBoolean && !dut.io.fault.valid.peek().litToBoolean) {
      for ((queue, unit) <- dut.io.queues.zipWithIndex) {
        queue.ready.poke(random.nextDouble() < readiness)
        if (queue.ready.peek().litToBoolean && queue.valid.peek().litToBoolean)
          got(unit) += ((queue.bits.index.peek().litValue.toInt, queue.bits.bits.peek().litValue))
      }
      dram.step()
      cycles += 1
      assert(cycles < 5000, "the program is never dispatched")
    }
    got.map { case (unit, instructions) => unit -> instructions.toSeq }
  }

  "Fetch" should "hold to every sentence below" in simulate(new Fetch(config)) { dut =>
    scenario(dut, "Fetch should hand every instruction to its unit in order, wherever the program lies") {
      val opcodes = Seq(Opcode.load, Opcode.geometry, Opcode.output, Opcode.compute, Opcode.mark, Opcode.store, Opcode.storeCounters)
      val random  = new Random(2)
      val body = Seq.tabulate(150) { i =>
        if (i % 9 == 8) Encode.sync(i % 3)
        else Encode.fields(CommonFields.opcode -> opcodes(random.nextInt(opcodes.size))) | (BigInt(i) << 40)
      }
      val unitOf = Map(Opcode.load -> 0, Opcode.store -> 2, Opcode.storeCounters -> 2).withDefaultValue(1)
      val expected = body.zipWithIndex.groupBy { case (word, _) =>
        if ((word & 15) == Opcode.sync) ((word >> SyncFields.unit.low) & 3).toInt else unitOf((word & 15).toInt)
      }
      for ((address, readiness) <- Seq(0x1000 -> 1.0, 0xfc0 -> 0.3)) {
        dut.reset.poke(true)
        dut.clock.step()
        dut.reset.poke(false)
        val dram = new ProgramDram(dut, header(body.size) ++ body, address, latency = 12)
        val got  = dispatch(dut, dram, address, readiness)
        for (unit <- 0 until 3) assert(got(unit) == expected(unit).map(_.swap), s"unit $unit, program at $address")
        for ((start, beats) <- dram.bursts) assert(start % 4096 + beats * 8 <= 4096)
        dut.io.fault.valid.expect(false)
      }
    }
    scenario(dut, "Fetch should bring the first instruction with the header's burst") {
      val dram = new ProgramDram(dut, header(2) ++ Seq(Encode.sync(0), Encode.sync(1)), at = 0, latency = 12)
      val got  = dispatch(dut, dram, 0, 1.0)
      assert(dram.bursts == Seq((0, 64)))
      assert(got.values.map(_.size).sum == 2)
      dut.io.fault.valid.expect(false)
    }
    scenario(dut, "Fetch should refuse what it cannot run, by name and index") {
      val good = Encode.sync(0)
      def after(bad: BigInt) = header(3) ++ Seq(good, bad, good)
      val cases = Seq(
        (header(1, magic = 7), Fault.badMagic, 0),
        (header(1, version = Isa.version + 1), Fault.badVersion, 0),
        (header(1, digest = config.digest + 1), Fault.badDigest, 0),
        (after(Encode.fields(CommonFields.opcode -> 0)), Fault.illegalOpcode, 1),
        (after(Encode.fields(CommonFields.opcode -> 15)), Fault.illegalOpcode, 1),
        (after(Encode.sync(3)), Fault.illegalField, 1),
        (header(3) ++ Seq(good, good), Fault.dramError, 2),
        (Seq(), Fault.dramError, 0)
      )
      for ((program, fault, index) <- cases) {
        dut.reset.poke(true)
        dut.clock.step()
        dut.reset.poke(false)
        dispatch(dut, new ProgramDram(dut, program, at = 0x4000, latency = 3), 0x4000, 1.0)
        dut.io.fault.valid.expect(true)
        dut.io.fault.bits.code.expect(fault)
        dut.io.fault.bits.index.expect(index)
      }
    }
    scenario(dut, "Fetch should wait with a bad instruction until the good ones before it are executed") {
      val dram = new ProgramDram(dut, header(2) ++ Seq(Encode.sync(0), BigInt(0)), at = 0, latency = 3)
      dut.io.run.poke(true)
      for (queue <- dut.io.queues) queue.ready.poke(true)
      for (_ <- 0 until 100) dram.step()
      dut.io.fault.valid.expect(false)
      dut.io.quiet.poke(true)
      dram.step()
      dut.io.fault.valid.expect(true)
      dut.io.fault.bits.index.expect(1)
    }
  }
}
