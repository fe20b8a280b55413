package proprunn.config

import chisel3.util.{isPow2, log2Ceil}

import scala.io.Source
import scala.util.Using

/** The hardware parameters of one accelerator; the meaning of each field is told in `contracts/accelerator.py`.
  *
  * @param digest identifies parameters and instruction set; programs carry it in their header
  */
final case class AcceleratorConfig(
    rows: Int = 8,
    lanes: Int = 32,
    bankDepth: Int = 12288,
    vectorDepth: Int = 12288,
    listDepth: Int = 8192,
    recordDepth: Int = 512,
    queueDepth: Int = 16,
    dramBytes: Int = 8,
    digest: BigInt = 0
) {
  private def power(name: String, value: Int, low: Int, high: Int): Unit =
    require(value > 0 && isPow2(value) && value >= low && value <= high, s"$name is $value; it must be a power of two from $low to $high")

  private def between(name: String, value: Int, low: Int, high: Int): Unit =
    require(value >= low && value <= high, s"$name is $value; it must be from $low to $high")

  private def whole(name: String, value: Int, elementBytes: Int): Unit = {
    val perWord = math.max(1, dramBytes / elementBytes)
    require(value % perWord == 0, s"$name is $value; it must be a multiple of $perWord (DRAM beats hold that many)")
  }

  power("rows", rows, 1, 64)
  power("lanes", lanes, 4, 128)
  power("dramBytes", dramBytes, 4, 32)
  require(dramBytes <= lanes, s"dramBytes is $dramBytes; it must be at most lanes ($lanes)")
  between("bankDepth", bankDepth, 16, AcceleratorConfig.flatPixels / lanes)
  between("vectorDepth", vectorDepth, 16, 1 << 20)
  between("listDepth", listDepth, 16, 1 << 20)
  between("recordDepth", recordDepth, math.max(rows, 16), 1 << 16)
  between("queueDepth", queueDepth, 2, 64)
  whole("vectorDepth", vectorDepth, vectorBytes)
  whole("listDepth", listDepth, AcceleratorConfig.entryBytes)
  whole("recordDepth", recordDepth, AcceleratorConfig.recordBytes)
  require(digest >= 0 && digest.bitLength <= 64, s"digest is $digest; it must have 64 bits")

  /** Bytes of one weight vector. */
  def vectorBytes: Int = rows

  /** Bits that number a lane (and a bank). */
  def laneBits: Int = log2Ceil(lanes)

  /** Bits that number a bank row. */
  def rowBits: Int = log2Ceil(bankDepth)

  /** Bits of a bank row number inside a flat address, which is taken modulo 2**22. */
  def flatRowBits: Int = AcceleratorConfig.flatBits - laneBits

  /** Bits of an AXI beat. */
  def dramBits: Int = dramBytes * 8

  /** The vector memory as the load unit sees it. */
  def vectorMemory: ScratchShape = ScratchShape(vectorBytes, vectorDepth, dramBytes)

  /** The list memory as the load unit sees it. */
  def listMemory: ScratchShape = ScratchShape(AcceleratorConfig.entryBytes, listDepth, dramBytes)

  /** The record memory as the load unit sees it. */
  def recordMemory: ScratchShape = ScratchShape(AcceleratorConfig.recordBytes, recordDepth, dramBytes)
}

/** Reading of accelerator descriptions. */
object AcceleratorConfig {

  /** Bits of a flat pixel address. */
  val flatBits = 22

  /** Pixels that a flat address can name. */
  val flatPixels: Int = 1 << flatBits
  private val entryBytes  = 4
  private val recordBytes = 16

  /** Reads the flat JSON object that `contracts.accelerator.Accelerator.to_json` writes; fields of no concern to hardware are passed over. */
  def fromJson(text: String): AcceleratorConfig = {
    val pair   = "\"(\\w+)\"\\s*:\\s*(?:\"([^\"]*)\"|(-?[0-9.eE+]+))".r
    val values = pair.findAllMatchIn(text).map(m => m.group(1) -> Option(m.group(2)).getOrElse(m.group(3))).toMap
    def text_(name: String): String = {
      require(values.contains(name), s"the accelerator description has no field $name")
      values(name)
    }
    def number(name: String): Int = {
      val value = text_(name)
      require(value.matches("-?[0-9]{1,9}"), s"accelerator field $name is $value; it must be a whole number")
      value.toInt
    }
    val digest = text_("digest")
    require(digest.matches("[0-9a-fA-F]{1,16}"), s"digest is $digest; it must be up to 16 hexadecimal digits")
    AcceleratorConfig(
      rows = number("rows"),
      lanes = number("lanes"),
      bankDepth = number("bank_depth"),
      vectorDepth = number("vector_depth"),
      listDepth = number("list_depth"),
      recordDepth = number("record_depth"),
      queueDepth = number("queue_depth"),
      dramBytes = number("dram_bytes"),
      digest = BigInt(digest, 16)
    )
  }

  /** Reads a description from a file. */
  def fromFile(path: String): AcceleratorConfig = fromJson(Using.resource(Source.fromFile(path, "UTF-8"))(_.mkString))
}
