package proprunn.control

import proprunn.Scenarios
import proprunn.bus.AxiPort
import proprunn.config.AcceleratorConfig
import proprunn.isa.Fault

import scala.util.Random

class BurstWalkerSpec extends Scenarios {
  private val config     = AcceleratorConfig(rows = 4, lanes = 8, dramBytes = 8)
  private val blockBytes = AxiPort.burstBeats * config.dramBytes

  private case class Job(
      address: BigInt,
      beats: Int,
      planes: Int = 1,
      stride: BigInt = 0,
      local: Int = 0,
      localStride: Int = 0,
      lastStart: Int = 1 << 24,
      illegal: Boolean = false,
      tokensOnly: Boolean = false
  )

  /** A burst: address, beats, first of its plane, last of its job, first word of its plane. */
  private case class Step(address: BigInt, beats: Int, opensPlane: Boolean, closesJob: Boolean, local: Int)

  /** The bursts of a job: each ends with its plane or at a multiple of the longest burst. */
  private def meaning(job: Job): Seq[Step] = for {
    plane <- 0 until job.planes
    start  = job.address + plane * job.stride
    end    = start + job.beats * config.dramBytes
    cuts   = (start +: (start / blockBytes * blockBytes + blockBytes until end by blockBytes)) :+ end
    (from, to) <- cuts.zip(cuts.tail)
  } yield Step(from, ((to - from) / config.dramBytes).toInt, from == start, to == cuts.last && plane == job.planes - 1, job.local + plane * job.localStride)

  private def offer(dut: BurstWalker, job: Job, index: Int): Unit = {
    val bits = dut.io.job.bits
    dut.io.job.valid.poke(true)
    bits.tokensOnly.poke(job.tokensOnly)
    bits.illegal.poke(job.illegal)
    bits.address.poke(job.address)
    bits.beats.poke(job.beats)
    bits.planes.poke(job.planes)
    bits.stride.poke(job.stride)
    bits.local.poke(job.local)
    bits.localStride.poke(job.localStride)
    bits.lastStart.poke(job.lastStart)
    bits.completion.index.poke(index)
  }

  private def shown(dut: BurstWalker): Step = {
    val bits = dut.io.step.bits
    Step(
      bits.address.peek().litValue,
      bits.length.peek().litValue.toInt + 1,
      bits.opensPlane.peek().litToBoolean,
      bits.closesJob.peek().litToBoolean,
      bits.local.peek().litValue.toInt
    )
  }

  /** Runs jobs one after the other; the bursts and the cycles. */
  private def walk(dut: BurstWalker, jobs: Seq[Job], patience: Double): (Seq[Step], Int) = {
    val random = new Random(1)
    var steps  = Seq.empty[Step]
    var cycles = 0
    var next   = 0
    while (next < jobs.size || dut.io.active.peek().litToBoolean) {
      if (next < jobs.size) offer(dut, jobs(next), next) else dut.io.job.valid.poke(false)
      val ready = random.nextDouble() < patience
      dut.io.step.ready.poke(ready)
      if (ready && dut.io.step.valid.peek().litToBoolean && dut.io.step.bits.burst.peek().litToBoolean) steps = steps :+ shown(dut)
      if (next < jobs.size && dut.io.job.ready.peek().litToBoolean) next += 1
      dut.clock.step()
      cycles += 1
      assert(cycles < 5000, "the jobs never end")
    }
    (steps, cycles)
  }

  private def randomJob(random: Random): Job =
    Job(8 * random.nextInt(1 << 16), 1 + random.nextInt(200), 1 + random.nextInt(4), 8 * random.nextInt(1 << 10), random.nextInt(100), random.nextInt(100))

  "The burst walker" should "hold to every sentence below" in simulate(new BurstWalker(config)) { dut =>
    scenario(dut, "Planes should be cut into bursts that end with them or at a block's end, and into no others") {
      val random = new Random(2)
      val jobs   = Seq.fill(40)(randomJob(random)) ++ Seq(64, 65, 128, 1).map(Job(blockBytes, _)) :+ Job(BigInt("fffffff8", 16), 1)
      for (patience <- Seq(1.0, 0.5)) assert(walk(dut, jobs, patience)._1 == jobs.flatMap(meaning))
    }
    scenario(dut, "A burst should come in every cycle, across planes and jobs") {
      val jobs = Seq.fill(10)(Job(0, beats = 4, planes = 3, stride = 64))
      assert(walk(dut, jobs, patience = 1.0)._2 <= 10 * 3 + 1)
    }
    scenario(dut, "A SYNC should be one step without a burst, whatever its other fields say") {
      offer(dut, Job(3, beats = 0, illegal = true, tokensOnly = true), index = 7)
      dut.clock.step()
      dut.io.step.valid.expect(true)
      dut.io.step.bits.burst.expect(false)
      dut.io.step.bits.closesJob.expect(true)
      dut.io.step.bits.completion.index.expect(7)
      dut.io.fault.valid.expect(false)
    }
    scenario(dut, "A plane that cannot be walked should stop the walk with its instruction's index") {
      val cases = Seq(
        Job(0, beats = 1, illegal = true)                                                       -> (Fault.illegalField, 0),
        Job(0, beats = 1, lastStart = -1)                                                       -> (Fault.illegalField, 0),
        Job(0, beats = 1, planes = 3, local = 5, localStride = 5, lastStart = 10)               -> (Fault.illegalField, 2),
        Job(BigInt("fffffff8", 16), beats = 2)                                                  -> (Fault.dramError, 1),
        Job(BigInt("ffffff00", 16), beats = 1, planes = 9, stride = 128)                        -> (Fault.dramError, 2)
      )
      for ((job, (code, stepsBefore)) <- cases) {
        dut.reset.poke(true)
        dut.clock.step()
        dut.reset.poke(false)
        offer(dut, job, index = 5)
        dut.clock.step()
        dut.io.step.ready.poke(true)
        for (_ <- 0 until stepsBefore) {
          dut.io.step.valid.expect(true)
          dut.clock.step()
        }
        dut.clock.step(3)
        dut.io.step.valid.expect(false)
        dut.io.fault.valid.expect(true)
        dut.io.fault.bits.code.expect(code, s"fault of $job")
        dut.io.fault.bits.index.expect(5)
      }
    }
  }
}
