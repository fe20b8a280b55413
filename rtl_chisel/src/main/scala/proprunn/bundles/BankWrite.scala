package proprunn.bundles

import chisel3._
import proprunn.config.AcceleratorConfig

/** A write of one bank row; only lanes with their mask bit set are written. */
class BankWrite(config: AcceleratorConfig) extends Bundle {
  val row  = UInt(config.rowBits.W)
  val data = Vec(config.lanes, UInt(8.W))
  val mask = UInt(config.lanes.W)
}
