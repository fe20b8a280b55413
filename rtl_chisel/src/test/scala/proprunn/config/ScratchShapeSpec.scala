package proprunn.config

import org.scalatest.flatspec.AnyFlatSpec

class ScratchShapeSpec extends AnyFlatSpec {

  "A scratchpad" should "have words as wide as the wider of element and beat" in {
    for (elementBytes <- Seq(1, 4, 8, 16, 64); dramBytes <- Seq(4, 8, 32)) {
      val shape = ScratchShape(elementBytes, 64, dramBytes)
      assert(shape.wordBytes == math.max(elementBytes, dramBytes))
      assert(shape.words * shape.wordBytes == 64 * elementBytes)
      assert(shape.elementsPerWord * elementBytes == shape.wordBytes)
      assert(shape.beatsPerWord * dramBytes == shape.wordBytes)
      assert((1 << shape.wordAddressBits) >= shape.words)
    }
  }

  it should "be refused where its last word would not be whole, by its sizes" in {
    val refused = intercept[IllegalArgumentException](ScratchShape(4, 17, 8))
    assert(refused.getMessage.contains("17 elements of 4 bytes are no whole number of 8-byte words"))
    assert(intercept[IllegalArgumentException](ScratchShape(3, 16, 8)).getMessage.contains("elements of 3 bytes on beats of 8 bytes"))
  }
}
