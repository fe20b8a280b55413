package proprunn.top

import org.scalatest.flatspec.AnyFlatSpec
import proprunn.config.{AcceleratorConfig, Elaborate}

class AcceleratorSpec extends AnyFlatSpec {
  private val small = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 64, vectorDepth = 64, listDepth = 64, recordDepth = 64)

  private val assertion = "an error without a fault"

  "An accelerator" should "be generated where words, beats and rows are as narrow or as wide as they may be" in {
    val shapes = Seq(
      small.copy(rows = 1, bankDepth = AcceleratorConfig.flatPixels / 8),
      small.copy(rows = 64, lanes = 4, dramBytes = 4),
      small.copy(lanes = 4, dramBytes = 4, bankDepth = 16, vectorDepth = 16, listDepth = 16, recordDepth = 16, queueDepth = 2),
      small.copy(lanes = 32, dramBytes = 32)
    )
    for (shape <- shapes) withClue(s"$shape: ") {
      val verilog = Elaborate.verilog(shape, assertions = false, simulation = false)
      assert(verilog.contains("module Accelerator("))
      assert(!verilog.contains(assertion))
    }
  }

  it should "keep the modules' assertions where they are asked for" in {
    assert(Elaborate.verilog(small, assertions = true, simulation = false).contains(assertion))
  }
}
