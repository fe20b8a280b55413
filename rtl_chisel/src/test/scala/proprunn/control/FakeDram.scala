package proprunn.control

import chisel3._
import chisel3.simulator.PeekPokeAPI
import chisel3.util.DecoupledIO
import proprunn.bus.{Burst, ReadBeat, WriteBeat}

import scala.collection.mutable
import scala.util.Random

/** DRAM for tests of one unit: byte `a` reads as `FakeDram.byteAt(a)`; everything is held back at random.
  *
  * @param size bytes; beyond them every answer is an error
  * @param patience share of cycles in which DRAM does something, 1 for a DRAM that never hesitates
  */
class FakeDram(dramBytes: Int, latency: Int, size: BigInt, patience: Double, seed: Int) extends PeekPokeAPI {
  private val random    = new Random(seed)
  private val answers   = mutable.Queue[(Int, BigInt)]()
  private val announced = mutable.Queue[(BigInt, Int)]()
  private val responses = mutable.Queue[(Int, Boolean)]()
  private var sent      = 0
  private var offered   = false
  private var cycle     = 0

  /** Bytes that were written. */
  val written: mutable.Map[BigInt, Int] = mutable.Map()

  /** Bursts in the order in which they were asked for: address and beats. */
  val bursts: mutable.Buffer[(BigInt, Int)] = mutable.Buffer()

  /** Beats that are on their way. */
  def awaited: Int = answers.size

  private def willing: Boolean = random.nextDouble() < patience

  private def take(request: DecoupledIO[Burst]): Option[(BigInt, Int)] = {
    val ready = willing
    request.ready.poke(ready)
    Option.when(ready && request.valid.peek().litToBoolean) {
      val burst = (request.bits.address.peek().litValue, request.bits.length.peek().litValue.toInt + 1)
      assert((burst._1 % 4096) + burst._2 * dramBytes <= 4096, s"the burst $burst crosses a 4 KiB border")
      bursts += burst
      burst
    }
  }

  /** The read side of one cycle; to be called once per cycle, before the clock steps. */
  def read(request: DecoupledIO[Burst], data: DecoupledIO[ReadBeat]): Unit = {
    cycle += 1
    offered = answers.headOption.exists(_._1 <= cycle) && (offered || willing)
    data.valid.poke(offered)
    for ((_, address) <- answers.headOption if offered) {
      data.bits.data.poke(FakeDram.beatAt(address, dramBytes))
      data.bits.error.poke(address >= size)
    }
    for ((address, beats) <- take(request); i <- 0 until beats) answers.enqueue((cycle + latency, address + i * dramBytes))
    if (offered && data.ready.peek().litToBoolean) {
      answers.dequeue()
      offered = false
    }
  }

  /** The write side of one cycle. */
  def write(request: DecoupledIO[Burst], beat: DecoupledIO[WriteBeat], response: DecoupledIO[Bool]): Unit = {
    cycle += 1
    val answer = responses.headOption.filter(_._1 <= cycle)
    response.valid.poke(answer.nonEmpty)
    answer.foreach { case (_, error) => response.bits.poke(error) }
    if (answer.nonEmpty && response.ready.peek().litToBoolean) responses.dequeue()
    announced ++= take(request)
    val ready = announced.nonEmpty && willing
    beat.ready.poke(ready)
    if (ready && beat.valid.peek().litToBoolean) keep(beat.bits)
  }

  private def keep(beat: WriteBeat): Unit = {
    val (address, beats) = announced.head
    val at               = address + sent * dramBytes
    val data             = beat.data.peek().litValue
    if (beat.enable.peek().litToBoolean) for (i <- 0 until dramBytes) written(at + i) = ((data >> (8 * i)) & 0xff).toInt
    sent += 1
    assert(beat.last.peek().litToBoolean == (sent == beats), s"beat $sent of $beats is wrong about being the last")
    if (sent == beats) {
      announced.dequeue()
      responses.enqueue((cycle + latency, at >= size))
      sent = 0
    }
  }
}

/** What DRAM holds. */
object FakeDram {

  /** The byte at an address. */
  def byteAt(address: BigInt): Int = ((address * 37 + (address >> 8) * 11 + 5) & 0xff).toInt

  /** The beat at an address. */
  def beatAt(address: BigInt, dramBytes: Int): BigInt =
    (0 until dramBytes).map(i => BigInt(byteAt(address + i)) << (8 * i)).reduce(_ | _)
}
