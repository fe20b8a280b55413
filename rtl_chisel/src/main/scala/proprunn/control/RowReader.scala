package proprunn.control

import chisel3._
import chisel3.util.{log2Ceil, Decoupled, Queue, Valid}
import proprunn.config.AcceleratorConfig
import proprunn.isa.Counter

/** A plane of bank rows to be read, or a snapshot in their place. */
class OutgoingPlane extends Bundle {
  val row      = UInt(24.W)
  val beats    = UInt(24.W)
  val counters = Bool()
}

/** A bank row to be sent; of a plane's last row perhaps only the first beats. */
class OutgoingRow(lanes: Int, slotBits: Int) extends Bundle {
  val data = UInt((lanes * 8).W)

  /** Number of the last beat to send. */
  val lastSlot = UInt(slotBits.W)
}

/** Reads the rows of planes ahead of the beats that leave; a snapshot is cut into pieces as long as a row. */
class RowReader(config: AcceleratorConfig) extends Module {
  private val beatsPerRow = config.lanes / config.dramBytes

  /** Bits that number the beats of a row. */
  val slotBits: Int = math.max(1, log2Ceil(beatsPerRow))

  /** Ports of the reader. */
  val io = IO(new Bundle {
    val plane = Flipped(Decoupled(new OutgoingPlane))

    /** A fault somewhere: read nothing more. */
    val halt         = Input(Bool())
    val bankRead     = Decoupled(UInt(config.rowBits.W))
    val bankReadData = Flipped(Valid(Vec(config.lanes, UInt(8.W))))

    /** The oldest snapshot; taken with its last piece. */
    val snapshot = Flipped(Decoupled(UInt((Counter.count * 32).W)))
    val row      = Decoupled(new OutgoingRow(config.lanes, slotBits))
    val active   = Output(Bool())
  })

  private val active    = RegInit(false.B)
  private val plane     = Reg(new OutgoingPlane)
  private val beatsLeft = Reg(UInt(24.W))

  // A row's place is taken when it is asked for, so an answer always finds room.
  private val lengths = Module(new Queue(UInt(slotBits.W), RowReader.rowsAhead))
  private val rows    = Module(new Queue(UInt((config.lanes * 8).W), RowReader.rowsAhead))
  private val asked   = RegInit(0.U(3.W))

  private val lastRow   = beatsLeft <= beatsPerRow.U
  private val rowBits   = config.lanes * 8
  private val pieceBits = math.min(rowBits, Counter.count * 32)
  private val pieces    = Counter.count * 32 / pieceBits
  private val piece     = VecInit.tabulate(pieces)(i => io.snapshot.bits((i + 1) * pieceBits - 1, i * pieceBits))

  private val mayRead  = active && lengths.io.enq.ready && !io.halt
  private val readBank = mayRead && !plane.counters
  private val takePart = mayRead && plane.counters && asked === 0.U && io.snapshot.valid
  io.bankRead.valid     := readBank
  io.bankRead.bits      := plane.row(config.rowBits - 1, 0)
  private val advance = io.bankRead.fire || takePart
  io.snapshot.ready     := takePart && lastRow
  asked                 := asked + io.bankRead.fire - io.bankReadData.valid

  lengths.io.enq.valid := advance
  lengths.io.enq.bits  := Mux(lastRow, beatsLeft - 1.U, (beatsPerRow - 1).U)(slotBits - 1, 0)
  rows.io.enq.valid    := io.bankReadData.valid || takePart
  rows.io.enq.bits     := Mux(io.bankReadData.valid, io.bankReadData.bits.asUInt, piece(plane.row(math.max(1, log2Ceil(pieces)) - 1, 0)).pad(rowBits))

  io.row.valid         := lengths.io.deq.valid && rows.io.deq.valid
  io.row.bits.data     := rows.io.deq.bits
  io.row.bits.lastSlot := lengths.io.deq.bits
  lengths.io.deq.ready := io.row.ready && io.row.valid
  rows.io.deq.ready    := io.row.ready && io.row.valid

  private val finished = advance && lastRow
  when(advance) {
    beatsLeft := beatsLeft - beatsPerRow.U
    plane.row := plane.row + 1.U
  }
  io.plane.ready := !active || finished
  when(io.plane.ready) { active := io.plane.valid }
  when(io.plane.fire) {
    plane     := io.plane.bits
    beatsLeft := io.plane.bits.beats
  }
  io.active := active
  assert(!rows.io.enq.valid || rows.io.enq.ready, "a row without a place")
  assert(!io.bankReadData.valid || asked =/= 0.U, "the banks sent a row that was not asked for")
}

/** Sizes of the row reader. */
object RowReader {

  /** Rows that are asked for or wait to be sent; enough for a row per cycle. */
  val rowsAhead = 5
}
