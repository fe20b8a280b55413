package proprunn.control

import chisel3._
import proprunn.bundles.Instruction
import proprunn.config.AcceleratorConfig
import proprunn.isa.{ComputeFields, GeometryFields, OutputFields}

/** The rules for fields of instructions of the compute unit; each function is true where a rule is broken. */
class FieldCheck(config: AcceleratorConfig) {

  /** GEOMETRY. */
  def geometry(i: Instruction): Bool = i(GeometryFields.pitch) === 0.U

  /** OUTPUT. */
  def output(i: Instruction): Bool =
    i.flag(OutputFields.scatter) && (i(OutputFields.strideY) === 0.U || i(OutputFields.strideX) === 0.U)

  /** COMPUTE.
    *
    * @param settings  GEOMETRY and OUTPUT came before
    * @param scatter   the OUTPUT before it scatters
    */
  def compute(i: Instruction, settings: Bool, scatter: Bool): Bool = {
    val f       = ComputeFields
    val length  = i(f.listLength)
    val filters = i(f.filters)
    val one     = i(f.tiles) === 1.U
    val whole   = i.flag(f.first) && i.flag(f.last)
    Seq(
      !settings,
      filters === 0.U || filters > config.rows.U,
      length === 0.U || i(f.listAddress) +& length > config.listDepth.U,
      i(f.vectorAddress) +& length > config.vectorDepth.U,
      i(f.recordAddress) +& filters > config.recordDepth.U,
      i(f.tiles) === 0.U,
      !one && !i.flag(f.pool) && !whole,
      i.flag(f.pool) && scatter
    ).reduce(_ || _)
  }
}
