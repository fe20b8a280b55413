package proprunn.config

/** Gives each statement of a clocked process a process of its own, in the text that firtool writes.
  *
  * A simulator keeps the statements of a process together. Where one process holds all registers of a design, nearly every register must
  * then be kept twice, as it was and as it will be; where each has its own, they are ordered so that few are. Values that a process works
  * out for several of its statements become wires.
  */
object SplitProcesses {
  private val opening    = """  always @\(posedge \w+\) begin.*""".r
  private val closing    = """  end(?: // always.*)?""".r
  private val statement  = """    (?!end\b|else\b)\S.*""".r
  private val declared   = """    automatic logic(.*)""".r
  private val assignment = """    (\w+ =(?: .*)?)""".r

  /** The same design in other words. */
  def apply(verilog: String): String = {
    val lines = verilog.linesIterator.toVector
    pieces(lines).mkString("", "\n", "\n")
  }

  private def pieces(lines: Vector[String]): Vector[String] = {
    val (before, rest) = lines.span(!opening.matches(_))
    if (rest.isEmpty) before
    else {
      val (body, after) = rest.tail.span(!closing.matches(_))
      require(after.nonEmpty, s"a process without an end: ${rest.head}")
      before ++ statements(body).flatMap(apart(rest.head, _)) ++ pieces(after.tail)
    }
  }

  private def statements(body: Vector[String]): Vector[Vector[String]] =
    body.foldLeft(Vector.empty[Vector[String]]) { (all, line) =>
      if (all.isEmpty || statement.matches(line)) all :+ Vector(line) else all.init :+ (all.last :+ line)
    }

  private def apart(head: String, lines: Vector[String]): Vector[String] = lines.head match {
    case declared(rest)   => s"  wire$rest" +: lines.tail
    case assignment(text) => s"  assign $text" +: lines.tail
    case _                => (head +: lines) :+ "  end"
  }
}
