package proprunn.top

import chisel3._
import proprunn.array.ArrayPipeline
import proprunn.bundles.ComputeUnitPort
import proprunn.config.AcceleratorConfig
import proprunn.control.{FaultCollector, Sequencer}
import proprunn.memory.{ActivationBanks, BankPort, Scratchpad}
import proprunn.postprocess.DrainPipeline

/** The compute unit with all memories: sequencer, array and drain, joined. */
class ComputeUnit(config: AcceleratorConfig) extends Module {
  val io = IO(new ComputeUnitPort(config))

  private val vectors = Module(new Scratchpad(config.vectorMemory))
  private val lists   = Module(new Scratchpad(config.listMemory))
  private val records = Module(new Scratchpad(config.recordMemory))
  private val banks   = Module(new ActivationBanks(config))
  vectors.io.write := io.vectorWrite
  lists.io.write   := io.listWrite
  records.io.write := io.recordWrite

  withReset(reset.asBool || io.start) {
    val sequencer = Module(new Sequencer(config))
    val array     = Module(new ArrayPipeline(config))
    val drain     = Module(new DrainPipeline(config))
    val port      = Module(new BankPort(config))
    val faults    = Module(new FaultCollector(3))

    // The array stops only where a finished tile waits for the drain registers.
    val advance = !array.io.transfer || drain.io.sums.ready
    val quiet   = !array.io.occupied && !array.io.settling && drain.io.idle

    sequencer.io.instruction   <> io.instruction
    sequencer.io.tokens        <> io.tokens
    sequencer.io.stop          := io.halt || faults.io.pending
    sequencer.io.advance       := advance
    sequencer.io.taking        := array.io.taking
    sequencer.io.opened        := array.io.opened
    sequencer.io.ended         := drain.io.ended
    sequencer.io.switched      := drain.io.switched
    sequencer.io.quiet         := quiet
    sequencer.io.due           := VecInit(
      VecInit(array.io.signalA, drain.io.signalA).asUInt,
      VecInit(array.io.signalB, drain.io.signalB).asUInt
    )
    sequencer.io.snapshotReady := io.snapshotReady
    io.snapshot                := sequencer.io.snapshot
    io.arrayDone               := array.io.opened || (!array.io.occupied && !array.io.settling)
    io.drainDone               := sequencer.io.landed
    io.idle                    := sequencer.io.idle && (!faults.io.pending || faults.io.fault.valid)
    io.waiting                 := sequencer.io.waiting

    array.io.advance  := advance
    array.io.issue    := sequencer.io.issue
    array.io.geometry := sequencer.io.geometry
    array.io.window   := sequencer.io.settings.window
    lists.io.read     <> array.io.listRead
    vectors.io.read   <> array.io.vectorRead
    banks.io.arrayRead := array.io.bankRead
    array.io.bankData  := banks.io.arrayData

    drain.io.settings   := sequencer.io.settings
    drain.io.mapPitch   := sequencer.io.geometry.pitch
    drain.io.jobs       <> sequencer.io.jobs
    drain.io.sums.valid := array.io.transfer
    drain.io.sums.bits  := array.io.sums
    drain.io.mask       := array.io.drainMask
    drain.io.skipData   := banks.io.data
    records.io.read     <> drain.io.recordRead

    port.io.drain   := drain.io.write
    port.io.skip    <> drain.io.skip
    port.io.load    <> io.bankWrite
    port.io.store   <> io.bankRead
    banks.io.access := port.io.access
    banks.io.write  := port.io.write
    io.bankReadData.valid := port.io.storeData
    io.bankReadData.bits  := banks.io.data

    faults.io.found   := VecInit(array.io.fault, drain.io.skipFault, drain.io.writeFault)
    faults.io.refused := sequencer.io.refused
    faults.io.quiet   := quiet
    io.fault          := faults.io.fault

    io.events.cause       := sequencer.io.cause
    io.events.usefulCells := array.io.usefulCells
    io.events.bankRead    := sequencer.io.issue.valid
    io.events.bankWrite   := port.io.bankWrite
    io.events.drain       := drain.io.drained
    io.events.skipRead    := port.io.skipRead
  }
}
