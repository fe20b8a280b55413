package proprunn.config

import chisel3.util.{isPow2, log2Ceil}

/** A scratchpad: elements of one size, kept in physical words as wide as the wider of element and DRAM beat. */
final case class ScratchShape(elementBytes: Int, depth: Int, dramBytes: Int) {
  require(isPow2(elementBytes) && isPow2(dramBytes), s"elements of $elementBytes bytes on beats of $dramBytes bytes; both must be powers of two")
  require(depth * elementBytes % wordBytes == 0, s"$depth elements of $elementBytes bytes are no whole number of $wordBytes-byte words")

  /** Bytes of a physical word. */
  def wordBytes: Int = math.max(elementBytes, dramBytes)

  /** Bits of a physical word. */
  def wordBits: Int = wordBytes * 8

  /** Bits of an element. */
  def elementBits: Int = elementBytes * 8

  /** Elements in a physical word. */
  def elementsPerWord: Int = wordBytes / elementBytes

  /** DRAM beats that make up a physical word. */
  def beatsPerWord: Int = wordBytes / dramBytes

  /** Physical words. */
  def words: Int = depth / elementsPerWord

  /** Bits of a physical word's number. */
  def wordAddressBits: Int = math.max(1, log2Ceil(words))

  /** Bits of an element's number. */
  def elementAddressBits: Int = log2Ceil(depth)
}
