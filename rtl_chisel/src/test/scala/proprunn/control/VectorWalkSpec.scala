package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa._

import scala.collection.mutable
import scala.util.Random

class VectorWalkSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, vectorDepth = 64, listDepth = 64, dramBytes = 8)
  private val pitch  = 5

  private case class Compute(
      list: Int,
      vector: Int,
      length: Int,
      tiles: Int = 1,
      filters: Int = 4,
      first: Boolean = true,
      last: Boolean = true,
      pool: Boolean = false,
      rewind: Boolean = true,
      hold: Boolean = false,
      ahead: Int = 0,
      lag: Int = 0
  ) {
    private def flag(value: Boolean): BigInt = if (value) 1 else 0

    def bits: BigInt = {
      val f = ComputeFields
      Encode.fields(
        f.opcode        -> Opcode.compute,
        f.signalA       -> 1,
        f.listAddress   -> list,
        f.listLength    -> length,
        f.vectorAddress -> vector,
        f.filters       -> filters,
        f.tiles         -> tiles,
        f.first         -> flag(first),
        f.last          -> flag(last),
        f.pool          -> flag(pool),
        f.rewind        -> flag(rewind),
        f.hold          -> flag(hold),
        f.ahead         -> ahead,
        f.lag           -> lag
      )
    }
  }

  /** An issued vector. */
  private case class Issue(list: Int, vector: Int, tile: Int, newTile: Boolean, load: Boolean, transfer: Boolean, signal: Boolean)

  /** A drain's job; rows 0 where a scatter walk passes the tile. */
  private case class Job(tile: Int, rows: Int, pool: Boolean, signal: Boolean, restart: Boolean, save: Boolean, restore: Boolean)

  /** The tile that each instruction begins at. */
  private def begins(program: Seq[Compute]): Seq[Int] = program.zip(program.tail).scanLeft(0) { case (begin, (before, compute)) =>
    if (compute.rewind) 0 else if (before.hold) begin else begin + before.tiles
  }

  /** What instructions mean to array and drain. */
  private def meaning(program: Seq[Compute], scatter: Boolean): (Seq[Issue], Seq[Job]) = {
    val tiles = for ((compute, begin) <- program.zip(begins(program)); tile <- 0 until compute.tiles) yield (compute, begin, tile, tile == compute.tiles - 1)
    val issues = for ((c, begin, tile, lastTile) <- tiles; i <- 0 until c.length) yield {
      val ends = i == c.length - 1
      Issue(
        c.list + i,
        c.vector + i,
        begin + tile,
        newTile = i == 0,
        load = i == 0 && c.first && (!c.pool || tile == 0),
        transfer = ends && c.last && (!c.pool || lastTile),
        signal = ends && lastTile && !c.last
      )
    }
    val jobs = for ((c, begin, tile, lastTile) <- tiles) yield {
      val drains = c.last && (!c.pool || lastTile)
      Job(
        begin + tile,
        if (drains) c.filters else 0,
        c.pool && drains,
        drains && lastTile,
        restart = tile == 0 && c.rewind,
        save = tile == 0 && c.hold,
        restore = lastTile && c.hold
      )
    }
    (issues, if (scatter) jobs else jobs.filter(_.rows > 0))
  }

  private class Bench(dut: VectorWalk, scatter: Boolean, patience: Double) {
    val issues: mutable.Buffer[Issue] = mutable.Buffer()
    val jobs: mutable.Buffer[Job]     = mutable.Buffer()
    var cycles                        = 0
    var (drains, ended)               = (true, 0) // drains are written; so many are
    private val random                = new Random(1)
    private def willing               = random.nextDouble() < patience

    dut.io.scatter.poke(scatter)
    dut.io.geometry.pitch.poke(pitch)
    dut.io.geometry.stepY.poke(config.lanes / pitch)
    dut.io.geometry.stepX.poke(config.lanes % pitch)

    private def keep(): Unit = {
      val (issue, job) = (dut.io.issue.bits, dut.io.jobs.bits)
      if (dut.io.issue.valid.peek().litToBoolean) {
        val tile = issue.position.tile.peek().litValue.toInt
        issue.position.y.expect(tile * config.lanes / pitch)
        issues += Issue(
          issue.listAddress.peek().litValue.toInt,
          issue.vectorAddress.peek().litValue.toInt,
          tile,
          issue.newTile.peek().litToBoolean,
          issue.tag.load.peek().litToBoolean,
          issue.tag.transfer.peek().litToBoolean,
          issue.tag.signalA.peek().litToBoolean
        )
      }
      if (dut.io.jobs.valid.peek().litToBoolean && dut.io.jobs.ready.peek().litToBoolean) jobs += Job(
        job.work.tile.peek().litValue.toInt,
        job.rows.peek().litValue.toInt,
        job.work.pool.peek().litToBoolean,
        job.work.signalA.peek().litToBoolean,
        job.work.restart.peek().litToBoolean,
        job.work.save.peek().litToBoolean,
        job.work.restore.peek().litToBoolean
      )
    }

    /** One cycle; true where the instruction that is offered starts. */
    def step(): Boolean = {
      dut.io.advance.poke(willing)
      dut.io.jobs.ready.poke(willing)
      val ends = drains && ended < jobs.size
      dut.io.ended.poke(ends)
      if (ends) ended += 1
      keep()
      val starts = dut.io.start.ready.peek().litToBoolean
      dut.clock.step()
      cycles += 1
      assert(cycles < 3000, "the instructions never end")
      starts
    }

    def run(program: Seq[Compute]): Unit = {
      for (compute <- program) {
        dut.io.start.valid.poke(true)
        dut.io.start.bits.instruction.bits.poke(compute.bits)
        while (!step()) {}
      }
      dut.io.start.valid.poke(false)
      while (dut.io.active.peek().litToBoolean) step()
    }
  }

  private def check(dut: VectorWalk, program: Seq[Compute], scatter: Boolean, patience: Double): Bench = {
    val bench          = new Bench(dut, scatter, patience)
    val (issues, jobs) = meaning(program, scatter)
    bench.run(program)
    assert(bench.issues.toSeq == issues)
    assert(bench.jobs.toSeq == jobs)
    bench
  }

  /** Instructions of all kinds. */
  private val program = Seq(
    Compute(3, 10, length = 4, tiles = 3),
    Compute(7, 0, length = 1, tiles = 2, filters = 1, rewind = false),
    Compute(0, 5, length = 2, last = false, rewind = false, hold = true),
    Compute(2, 7, length = 3, first = false, last = false, rewind = false, hold = true),
    Compute(5, 9, length = 1, first = false, filters = 2, rewind = false),
    Compute(1, 1, length = 2, tiles = 3, filters = 3, pool = true),
    Compute(9, 9, length = 1, tiles = 1, rewind = false)
  )

  "The vector walk" should "hold to every sentence below" in simulate(new VectorWalk(config)) { dut =>
    scenario(dut, "Every vector of every tile should be issued in order, and every tile announced to the drain, however both hold it back") {
      for (patience <- Seq(1.0, 0.5)) check(dut, program, scatter = false, patience)
    }
    scenario(dut, "With scatter every tile should be announced, also one that is not drained") {
      for (patience <- Seq(1.0, 0.5)) check(dut, program.filterNot(_.pool), scatter = true, patience)
    }
    scenario(dut, "A vector should be issued in every cycle, across tiles and instructions") {
      val short = Seq.fill(10)(Compute(0, 0, length = 1, tiles = 2)) ++ Seq.fill(10)(Compute(0, 0, length = 1))
      assert(check(dut, short, scatter = false, patience = 1.0).cycles <= 30 + 1)
    }
    scenario(dut, "The first instruction of all should start its sums at 0 whatever it says") {
      val bench = new Bench(dut, scatter = false, patience = 1.0)
      bench.run(Seq.fill(2)(Compute(0, 0, length = 1, first = false, last = false)))
      assert(bench.issues.map(_.load).toSeq == Seq(true, false))
    }
    scenario(dut, "Behind new settings or MARK vectors should wait for the drains before, but for those that may go ahead while few drains are left") {
      for ((ahead, lag, begun) <- Seq((0, 0, 0), (4, 1, 0), (4, 2, 4), (4, 9, 4), (9, 2, 6))) {
        val bench = new Bench(dut, scatter = false, patience = 1.0)
        bench.drains = false
        bench.run(Seq(Compute(0, 0, length = 3, tiles = 2)))
        dut.io.start.valid.poke(true)
        dut.io.start.bits.settle.poke(true)
        dut.io.start.bits.instruction.bits.poke(Compute(0, 0, length = 3, tiles = 2, ahead = ahead, lag = lag).bits)
        while (!bench.step()) {}
        dut.io.start.valid.poke(false)
        dut.io.start.bits.settle.poke(false)
        for (_ <- 0 until 20) bench.step()
        assert(bench.issues.size == 6 + begun, s"ahead $ahead, lag $lag")
        dut.io.landed.expect(false)
        dut.io.fenced.expect(begun < 6)
        bench.drains = true
        for (_ <- 0 until 20) bench.step()
        assert(bench.issues.size == 12)
        dut.io.landed.expect(true)
      }
    }
    scenario(dut, "Settings should stay until the array and, for the first drain with them, the drain have taken them over") {
      val bench = new Bench(dut, scatter = false, patience = 1.0)
      dut.io.settled.expect(true)
      dut.io.start.valid.poke(true)
      for (to <- Seq(dut.io.start.bits.settle, dut.io.start.bits.fence)) to.poke(true)
      dut.io.start.bits.instruction.bits.poke(Compute(0, 0, length = 2).bits)
      bench.step()
      dut.io.start.valid.poke(false)
      dut.io.issue.bits.newSettings.expect(true)
      dut.io.settled.expect(false)
      bench.step()
      dut.io.issue.bits.newSettings.expect(false)
      dut.io.jobs.bits.work.fresh.expect(true)
      for (_ <- 0 until 5) {
        bench.step()
        dut.io.settled.expect(false)
      }
      dut.io.switched.poke(true)
      bench.step()
      dut.io.settled.expect(true)
    }
    scenario(dut, "The first vector behind a MARK should say so") {
      val bench = new Bench(dut, scatter = false, patience = 1.0)
      dut.io.mark.poke(true)
      bench.step()
      dut.io.mark.poke(false)
      dut.io.start.valid.poke(true)
      dut.io.start.bits.instruction.bits.poke(Compute(0, 0, length = 3).bits)
      bench.step()
      dut.io.start.valid.poke(false)
      for (opens <- Seq(true, false, false)) {
        dut.io.issue.valid.expect(true)
        dut.io.issue.bits.tag.opens.expect(opens)
        bench.step()
      }
    }
    scenario(dut, "A stop should drop what runs, and take nothing") {
      val bench = new Bench(dut, scatter = false, patience = 1.0)
      dut.io.start.valid.poke(true)
      dut.io.start.bits.instruction.bits.poke(Compute(0, 0, length = 10).bits)
      bench.step()
      dut.io.stop.poke(true)
      dut.io.start.ready.expect(false)
      dut.io.issue.valid.expect(false)
      dut.clock.step()
      dut.io.active.expect(false)
    }
  }
}
