package proprunn.config

import chisel3._
import chisel3.util.Fill

/** Masks over lanes, a bit each. */
object Lanes {

  /** Those below `n`, of `count`. */
  def below(n: UInt, count: Int): UInt = ~from(n, count)

  /** Those from `n` on, of `count`. */
  def from(n: UInt, count: Int): UInt = (Fill(count, 1.U(1.W)) << n)(count - 1, 0)
}
