package proprunn.bundles

import chisel3._
import chisel3.util.{Decoupled, Valid}
import proprunn.config.AcceleratorConfig

/** Ports of the compute unit, which holds all memories of the chip. */
class ComputeUnitPort(config: AcceleratorConfig) extends Bundle {

  /** Pulse: forget geometry, outputs, tile cursor, faults and everything in flight; memories keep their content. */
  val start = Input(Bool())

  /** A fault somewhere: stop issuing, drop what waits; drains in flight end by themselves, then `idle` is true. */
  val halt        = Input(Bool())
  val instruction = Flipped(Decoupled(new Instruction))
  val tokens      = new TokenPort
  val vectorWrite = Flipped(Valid(new ScratchWrite(config.vectorMemory)))
  val listWrite   = Flipped(Valid(new ScratchWrite(config.listMemory)))
  val recordWrite = Flipped(Valid(new ScratchWrite(config.recordMemory)))

  /** From the load unit. */
  val bankWrite = Flipped(Decoupled(new BankWrite(config)))

  /** Row requests of the store unit; the answers come in order, 2 cycles after each was taken, and are never held back. */
  val bankRead     = Flipped(Decoupled(UInt(config.rowBits.W)))
  val bankReadData = Valid(Vec(config.lanes, UInt(8.W)))

  /** MARK: take the counters in this cycle. Only while `snapshotReady`. */
  val snapshot      = Output(Bool())
  val snapshotReady = Input(Bool())

  /** What was issued before the last MARK is counted by the array; by the drain. */
  val arrayDone     = Output(Bool())
  val drainDone     = Output(Bool())
  val events        = Output(new ComputeEvents(config))

  /** Stays valid until `start`. */
  val fault = Valid(new FaultReport)

  /** No instruction inside, nothing in flight, no token left to send. */
  val idle = Output(Bool())

  /** The next instruction waits for tokens or for room for a snapshot, and everything before it has finished. */
  val waiting = Output(Bool())
}
