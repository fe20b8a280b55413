package proprunn.config

import org.scalatest.flatspec.AnyFlatSpec

class SplitProcessesSpec extends AnyFlatSpec {
  private val module =
    """module M(input clock, a);
      |  reg  x;
      |  reg  y;
      |  always @(posedge clock) begin
      |    automatic logic both;
      |    automatic logic more =
      |      a | y;
      |    both = a & more;
      |    if (both) begin
      |      automatic logic inner = ~y;
      |      x <= inner;
      |    end
      |    else
      |      x <= a;
      |    y <=
      |      both;
      |  end // always @(posedge)
      |  assign z = x;
      |endmodule
      |""".stripMargin

  "Each statement of a process" should "get a process of its own, and what it shares with others a wire" in {
    val apart =
      """module M(input clock, a);
        |  reg  x;
        |  reg  y;
        |  wire both;
        |  wire more =
        |      a | y;
        |  assign both = a & more;
        |  always @(posedge clock) begin
        |    if (both) begin
        |      automatic logic inner = ~y;
        |      x <= inner;
        |    end
        |    else
        |      x <= a;
        |  end
        |  always @(posedge clock) begin
        |    y <=
        |      both;
        |  end
        |  assign z = x;
        |endmodule
        |""".stripMargin
    assert(SplitProcesses(module).replaceAll("wire +", "wire ") == apart)
  }

  it should "be refused where the process has no end" in {
    val broken = module.linesIterator.takeWhile(!_.contains("// always")).mkString("\n")
    assert(intercept[IllegalArgumentException](SplitProcesses(broken)).getMessage.contains("a process without an end"))
  }
}
