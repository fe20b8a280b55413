package proprunn.bundles

import chisel3._
import proprunn.isa.{FieldSpec, Isa}

/** An instruction as it stands in DRAM, and its place in the program (for fault reports). */
class Instruction extends Bundle {
  val bits  = UInt((Isa.instructionBytes * 8).W)
  val index = UInt(32.W)

  /** A field, unsigned. */
  def apply(spec: FieldSpec): UInt = bits(spec.high, spec.low)

  /** A field, two's complement. */
  def signed(spec: FieldSpec): SInt = {
    require(spec.signed, s"field at bit ${spec.low} is not signed")
    bits(spec.high, spec.low).asSInt
  }

  /** A field of one bit. */
  def flag(spec: FieldSpec): Bool = {
    require(spec.bits == 1, s"field at bit ${spec.low} has ${spec.bits} bits; a flag has one")
    bits(spec.low)
  }
}
