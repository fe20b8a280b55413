package proprunn.bus

import chisel3._
import chisel3.util.{Decoupled, Queue}

/** Shares the read channels among clients: the lowest number first, answers to the client that the id names.
  *
  * A request waits one cycle in a register, so what is offered to AXI never changes; a client may withdraw one that was not taken.
  */
class AxiReadArbiter(dramBytes: Int, clients: Int) extends Module {
  require(clients == 1 || clients == 2, s"$clients read clients; the id has one bit")

  /** Ports of the arbiter. */
  val io = IO(new Bundle {
    val request = Vec(clients, Flipped(Decoupled(new Burst)))
    val data    = Vec(clients, Decoupled(new ReadBeat(dramBytes)))
    val axi     = new AxiReadPort(dramBytes)
  })

  private val chosen = Module(new chisel3.util.Arbiter(new Burst, clients))
  chosen.io.in <> io.request

  private class Tagged extends Bundle {
    val burst = new Burst
    val id    = UInt(1.W)
  }
  private val waiting = Module(new Queue(new Tagged, 1, pipe = true))
  waiting.io.enq.valid      := chosen.io.out.valid
  waiting.io.enq.bits.burst := chosen.io.out.bits
  waiting.io.enq.bits.id    := chosen.io.chosen
  chosen.io.out.ready       := waiting.io.enq.ready

  io.axi.request.valid := waiting.io.deq.valid
  io.axi.request.bits  := waiting.io.deq.bits.burst
  io.axi.requestId     := waiting.io.deq.bits.id
  waiting.io.deq.ready := io.axi.request.ready

  for (client <- 0 until clients) {
    io.data(client).valid := io.axi.data.valid && io.axi.dataId === client.U
    io.data(client).bits  := io.axi.data.bits
  }
  io.axi.data.ready := VecInit(io.data.map(_.ready))(io.axi.dataId)
  assert(!io.axi.data.valid || io.axi.dataId < clients.U, "an answer to a client that does not exist")
}

/** The read channels of AXI, grouped. */
class AxiReadPort(dramBytes: Int) extends Bundle {
  val request   = Decoupled(new Burst)
  val requestId = Output(UInt(1.W))
  val data      = Flipped(Decoupled(new ReadBeat(dramBytes)))
  val dataId    = Input(UInt(1.W))
}
