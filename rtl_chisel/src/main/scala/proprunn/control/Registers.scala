package proprunn.control

import chisel3._
import chisel3.util.MuxLookup
import proprunn.bus.{AxiLitePort, AxiPort}
import proprunn.bundles.FaultReport
import proprunn.config.AcceleratorConfig
import proprunn.isa.{Counter, Isa, Register, Status}

/** The AXI4-Lite registers. What is not a register reads as 0 and takes writes without effect; every answer is OKAY. */
class Registers(config: AcceleratorConfig) extends Module {

  /** Ports of the registers. */
  val io = IO(new Bundle {
    val axi      = new AxiLitePort
    val status   = Input(UInt(2.W))
    val fault    = Input(new FaultReport)
    val counters = Input(Vec(Counter.count, UInt(32.W)))

    /** Pulse: a program is started. Never while one runs. */
    val start = Output(Bool())

    /** The program's header; a multiple of 64. */
    val programAddress = Output(UInt(32.W))
  })

  // A write needs its address and its data, which come in any order; both are taken in the same cycle.
  private val answering = RegInit(false.B)
  private val write     = io.axi.awvalid && io.axi.wvalid && !answering
  io.axi.awready := write
  io.axi.wready  := write
  when(write) { answering := true.B }.elsewhen(io.axi.bready) { answering := false.B }
  io.axi.bvalid := answering
  io.axi.bresp  := AxiPort.okay.U

  private def word(address: UInt): UInt = address(7, 2)
  private def selects(register: Int): Bool = write && word(io.axi.awaddr) === (register / 4).U

  private val programAddress = RegInit(0.U(32.W))
  when(selects(Register.programAddress)) {
    val bytes = (0 until 4).map(i => Mux(io.axi.wstrb(i), io.axi.wdata, programAddress)(i * 8 + 7, i * 8))
    programAddress := VecInit(bytes).asUInt & ~(Isa.headerBytes - 1).U(32.W)
  }
  io.programAddress := programAddress
  io.start := selects(Register.control) && io.axi.wstrb(0) && io.axi.wdata(0) && io.status =/= Status.running.U

  private val named = Seq(
    Register.status         -> io.status,
    Register.fault          -> io.fault.code,
    Register.programAddress -> programAddress,
    Register.digestLow      -> (config.digest & 0xffffffffL).U(32.W),
    Register.digestHigh     -> (config.digest >> 32).U(32.W),
    Register.isaVersion     -> Isa.version.U(32.W),
    Register.faultIndex     -> io.fault.index
  )
  private val counters = io.counters.zipWithIndex.map { case (counter, i) => (Register.counters + 4 * i) -> counter }
  private val readable = (named ++ counters).map { case (offset, value) => (offset / 4).U -> value.pad(32) }

  private val holding = RegInit(false.B)
  private val value   = Reg(UInt(32.W))
  io.axi.arready := !holding
  when(io.axi.arvalid && io.axi.arready) {
    holding := true.B
    value   := MuxLookup(word(io.axi.araddr), 0.U(32.W))(readable)
  }.elsewhen(io.axi.rready) { holding := false.B }
  io.axi.rvalid := holding
  io.axi.rdata  := value
  io.axi.rresp  := AxiPort.okay.U

  assert(!io.start || io.status =/= Status.running.U, "START reached a running program")
}
