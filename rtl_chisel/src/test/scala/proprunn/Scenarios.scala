package proprunn

import chisel3._
import chisel3.reflect.DataMirror
import chisel3.simulator.scalatest.ChiselSim
import _root_.circt.stage.ChiselStage
import org.scalatest.flatspec.AnyFlatSpec

/** Several sentences about one module, tried on one build of its simulation: building takes most of the time. */
trait Scenarios extends AnyFlatSpec with ChiselSim {

  /** A sentence and how it is tried. The module comes out of reset, all its inputs are 0. */
  def scenario(dut: Module, sentence: String)(body: => Unit): Unit = {
    for ((name, port) <- DataMirror.modulePorts(dut) if name != "clock" && name != "reset") clear(port)
    dut.reset.poke(true)
    dut.clock.step()
    dut.reset.poke(false)
    withClue(s"$sentence: ")(body)
    info(sentence)
  }

  /** The message with which a module refuses its parameters. */
  def refusal(module: => RawModule): String =
    intercept[IllegalArgumentException](ChiselStage.emitCHIRRTL(module)).getMessage.stripPrefix("requirement failed: ")

  private def clear(port: Data): Unit = port match {
    case record: Record => record.elements.values.foreach(clear)
    case vector: Vec[_] => vector.foreach(element => clear(element))
    case bit: Bool      => if (isInput(bit)) bit.poke(false)
    case bits: UInt     => if (isInput(bits)) bits.poke(0)
    case bits: SInt     => if (isInput(bits)) bits.poke(0)
    case other          => fail(s"no rule to clear $other")
  }

  private def isInput(port: Data): Boolean = DataMirror.directionOf(port) == ActualDirection.Input
}
