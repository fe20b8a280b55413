package proprunn.config

import _root_.circt.stage.ChiselStage
import proprunn.top.Accelerator

import java.nio.file.{Files, Path}

/** Writes the SystemVerilog of one accelerator: `Elaborate FILE.json OUTDIR [--assertions]`.
  *
  * The file is `OUTDIR/Accelerator.sv`. Assertions of the modules are part of it only where asked for.
  */
object Elaborate {

  /** Options of firtool that give Verilog which simulates fast and synthesises anywhere. */
  val firtoolOptions: Seq[String] = Seq(
    "-disable-all-randomization",
    "-strip-debug-info",
    "--lowering-options=disallowLocalVariables,disallowPackedArrays"
  )

  /** The Verilog of an accelerator as text. */
  def verilog(config: AcceleratorConfig, assertions: Boolean): String = {
    val layers = if (assertions) "--default-layer-specialization=enable" else "--default-layer-specialization=disable"
    ChiselStage.emitSystemVerilog(new Accelerator(config), firtoolOpts = (firtoolOptions :+ layers).toArray)
  }

  /** Command line. */
  def main(arguments: Array[String]): Unit = {
    val (options, files) = arguments.partition(_.startsWith("--"))
    files match {
      case Array(description, folder) if options.forall(_ == "--assertions") => write(description, Path.of(folder), options.nonEmpty)
      case _ => fail(s"usage: proprunn.config.Elaborate FILE.json OUTDIR [--assertions]; got ${arguments.mkString(" ")}")
    }
  }

  private def write(description: String, folder: Path, assertions: Boolean): Unit =
    try {
      val text = verilog(AcceleratorConfig.fromFile(description), assertions)
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
