package proprunn.control

import proprunn.isa._

/** Instructions for tests: fields that are not given are 0. */
object Encode {

  /** One word of fields. */
  def fields(values: (FieldSpec, BigInt)*): BigInt = values.map { case (field, value) =>
    require(value >= 0 && value.bitLength <= field.bits, s"$value does not fit into ${field.bits} bits")
    value << field.low
  }.foldLeft(BigInt(0))(_ | _)

  /** A LOAD. */
  def load(target: Int, address: BigInt, local: BigInt, beats: BigInt, planes: BigInt = 1, stride: BigInt = 0, localStride: BigInt = 0): BigInt = {
    val f = LoadFields
    fields(
      f.opcode       -> Opcode.load,
      f.target       -> target,
      f.dramAddress  -> address,
      f.localAddress -> local,
      f.beats        -> beats,
      f.planes       -> planes,
      f.dramStride   -> stride,
      f.localStride  -> localStride,
      f.signalA      -> 1
    )
  }

  /** A STORE. */
  def store(address: BigInt, local: BigInt, beats: BigInt, planes: BigInt = 1, stride: BigInt = 0, localStride: BigInt = 0): BigInt = {
    val f = StoreFields
    fields(
      f.opcode       -> Opcode.store,
      f.dramAddress  -> address,
      f.localAddress -> local,
      f.beats        -> beats,
      f.planes       -> planes,
      f.dramStride   -> stride,
      f.localStride  -> localStride,
      f.signalB      -> 1
    )
  }

  /** A STORE_COUNTERS. */
  def storeCounters(address: BigInt): BigInt =
    fields(StoreCountersFields.opcode -> Opcode.storeCounters, StoreCountersFields.dramAddress -> address, StoreCountersFields.signalB -> 1)

  /** A SYNC that gives a token to its unit's a and b. */
  def sync(unit: Int): BigInt =
    fields(SyncFields.opcode -> Opcode.sync, SyncFields.unit -> unit, SyncFields.signalA -> 1, SyncFields.signalB -> 1)
}
