package proprunn.config

import _root_.circt.stage.ChiselStage
import chisel3.util.experimental.FlattenInstance
import proprunn.top.Accelerator

import java.nio.file.{Files, Path}

/** Writes the SystemVerilog of one accelerator: `Elaborate FILE.json OUTDIR [--assertions] [--simulation]`.
  *
  * The file is `OUTDIR/Accelerator.sv`. Assertions of the modules are part of it only where asked for. With `--simulation` the same
  * registers, memories and pins are written as a simulator likes them: one flat module in which a value is worked out only where, and
  * only when, a register takes it in.
  */
object Elaborate {

  /** Options of firtool that give Verilog which synthesises anywhere. */
  val firtoolOptions: Seq[String] = firtoolOptions("disallowLocalVariables,disallowPackedArrays")

  private val simulationOptions = firtoolOptions("disallowPackedArrays")

  private def firtoolOptions(style: String): Seq[String] =
    Seq("-disable-all-randomization", "-strip-debug-info", s"--lowering-options=$style")

  /** The Verilog of an accelerator as text. */
  def verilog(config: AcceleratorConfig, assertions: Boolean, simulation: Boolean): String = {
    val layers = s"--default-layer-specialization=${if (assertions) "enable" else "disable"}"
    if (simulation) SplitProcesses(ChiselStage.emitSystemVerilog(new Flat(config), firtoolOpts = (simulationOptions :+ layers).toArray))
    else ChiselStage.emitSystemVerilog(new Accelerator(config), firtoolOpts = (firtoolOptions :+ layers).toArray)
  }

  private class Flat(config: AcceleratorConfig) extends Accelerator(config) with FlattenInstance {
    override def desiredName: String = "Accelerator"
  }

  /** Command line. */
  def main(arguments: Array[String]): Unit = {
    val (options, files) = arguments.partition(_.startsWith("--"))
    files match {
      case Array(description, folder) if options.toSet.subsetOf(Set("--assertions", "--simulation")) =>
        write(description, Path.of(folder), options.contains("--assertions"), options.contains("--simulation"))
      case _ => fail(s"usage: proprunn.config.Elaborate FILE.json OUTDIR [--assertions] [--simulation]; got ${arguments.mkString(" ")}")
    }
  }

  private def write(description: String, folder: Path, assertions: Boolean, simulation: Boolean): Unit =
    try {
      val text = verilog(AcceleratorConfig.fromFile(description), assertions, simulation)
      Files.createDirectories(folder)
      Files.writeString(folder.resolve("Accelerator.sv"), text)
    } catch {
      case problem: IllegalArgumentException => fail(problem.getMessage.stripPrefix("requirement failed: "))
      case problem: java.io.IOException      => fail(s"cannot read $description or write to $folder: ${problem.getMessage}")
    }

  private def fail(message: String): Unit = {
    Console.err.println(s"error: $message")
    sys.exit(1)
  }
}
