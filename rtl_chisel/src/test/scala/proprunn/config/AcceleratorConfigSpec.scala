package proprunn.config

import org.scalatest.flatspec.AnyFlatSpec

class AcceleratorConfigSpec extends AnyFlatSpec {
  private val good = AcceleratorConfig(rows = 8, lanes = 32, dramBytes = 8)

  private def refusal(config: => AcceleratorConfig): String =
    intercept[IllegalArgumentException](config).getMessage.stripPrefix("requirement failed: ")

  private val description =
    """{"name": "any", "rows": 16, "lanes": 64, "bank_depth": 4096, "vector_depth": 2048, "list_depth": 1024, "record_depth": 128,
      | "queue_depth": 8, "dram_bytes": 16, "clock_mhz": 143.0, "digest": "0123456789abcdef"}""".stripMargin

  "An accelerator" should "be refused for each parameter, by its name, its value and what it must be" in {
    val cases = Seq[(() => AcceleratorConfig, String)](
      (() => good.copy(rows = 0), "rows is 0; it must be a power of two from 1 to 64"),
      (() => good.copy(rows = 12), "rows is 12; it must be a power of two from 1 to 64"),
      (() => good.copy(rows = 128), "rows is 128; it must be a power of two from 1 to 64"),
      (() => good.copy(lanes = 2), "lanes is 2; it must be a power of two from 4 to 128"),
      (() => good.copy(lanes = -32), "lanes is -32; it must be a power of two from 4 to 128"),
      (() => good.copy(dramBytes = 64), "dramBytes is 64; it must be a power of two from 4 to 32"),
      (() => good.copy(lanes = 4), "dramBytes is 8; it must be at most lanes (4)"),
      (() => good.copy(bankDepth = 15), "bankDepth is 15; it must be from 16 to 131072"),
      (() => good.copy(bankDepth = 131073), "bankDepth is 131073; it must be from 16 to 131072"),
      (() => good.copy(vectorDepth = 8), "vectorDepth is 8; it must be from 16 to 1048576"),
      (() => good.copy(listDepth = 0), "listDepth is 0; it must be from 16 to 1048576"),
      (() => good.copy(recordDepth = 8), "recordDepth is 8; it must be from 16 to 65536"),
      (() => good.copy(rows = 64, recordDepth = 32), "recordDepth is 32; it must be from 64 to 65536"),
      (() => good.copy(queueDepth = 1), "queueDepth is 1; it must be from 2 to 64"),
      (() => good.copy(listDepth = 17), "listDepth is 17; it must be a multiple of 2 (DRAM beats hold that many)"),
      (() => good.copy(rows = 2, vectorDepth = 18), "vectorDepth is 18; it must be a multiple of 4 (DRAM beats hold that many)"),
      (() => good.copy(recordDepth = 17, dramBytes = 32), "recordDepth is 17; it must be a multiple of 2 (DRAM beats hold that many)"),
      (() => good.copy(digest = -1), "digest is -1; it must have 64 bits"),
      (() => good.copy(digest = BigInt(1) << 64), "digest is 18446744073709551616; it must have 64 bits")
    )
    for ((config, message) <- cases) assert(refusal(config()) == message)
  }

  it should "be allowed at the ends of every range" in {
    for (rows <- Seq(1, 64); lanes <- Seq(4, 128); dramBytes <- Seq(4, lanes.min(32))) {
      val config = AcceleratorConfig(rows, lanes, bankDepth = AcceleratorConfig.flatPixels / lanes, recordDepth = 64, dramBytes = dramBytes)
      assert(config.flatRowBits == config.rowBits)
    }
  }

  "A description" should "be read field by field, whatever else it says" in {
    val expected = AcceleratorConfig(16, 64, 4096, 2048, 1024, 128, 8, 16, BigInt("0123456789abcdef", 16))
    assert(AcceleratorConfig.fromJson(description) == expected)
  }

  it should "be refused by the field that is missing or is no whole number" in {
    for (name <- Seq("rows", "lanes", "bank_depth", "vector_depth", "list_depth", "record_depth", "queue_depth", "dram_bytes", "digest"))
      assert(refusal(AcceleratorConfig.fromJson(description.replace(s"\"$name\"", "\"other\""))).contains(s"no field $name"))
    assert(refusal(AcceleratorConfig.fromJson(description.replace("16,", "1.5,"))) == "accelerator field rows is 1.5; it must be a whole number")
    assert(refusal(AcceleratorConfig.fromJson(description.replace("abcdef", "ghijkl"))).startsWith("digest is 0123456789ghijkl"))
  }
}
