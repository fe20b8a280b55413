package proprunn.memory

import chisel3._
import chisel3.util.Valid
import proprunn.config.AcceleratorConfig

/** The activation memory: `lanes` banks of bytes with a port for the array and one for everything else.
  *
  * Data follow one cycle after their request.
  */
class ActivationBanks(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val arrayRead = Flipped(Valid(new BankRows(config)))
    val arrayData = Output(Vec(config.lanes, UInt(8.W)))

    /** Second port: `write` tells a write (where the mask is set) from a read of all banks. */
    val access = Flipped(Valid(new BankStore(config)))
    val write  = Input(Bool())
    val data   = Output(Vec(config.lanes, UInt(8.W)))
  })
  for (bank <- 0 until config.lanes) {
    val ram = Module(new DualPortRam(8, config.bankDepth)).suggestName(s"bank$bank")
    def row(rows: BankRows): UInt = of(rows, rows.useUpper(bank))
    def of(rows: RowPair, upper: Bool): UInt = Mux(upper, rows.upper, rows.lower)
    ram.clock          := clock
    ram.readEnable     := io.arrayRead.valid
    ram.readAddress    := row(io.arrayRead.bits)
    io.arrayData(bank) := ram.readData
    ram.enable         := io.access.valid
    ram.write          := io.write
    ram.mask           := io.access.bits.mask(bank)
    ram.address        := Mux(io.access.bits.useFar(bank), of(io.access.bits.far, io.access.bits.rows.useUpper(bank)), row(io.access.bits.rows))
    ram.writeData      := io.access.bits.data(bank)
    io.data(bank)      := ram.data
  }
}
