// The accelerator with registers in front of the pins that DRAM drives, as DRAM has them: what the harness hands over in one cycle
// stands on the pins in the next. Outputs then follow from registers alone (and from pins that change seldom), so that one evaluation
// a cycle is enough.
module Bench #(parameter BYTES = 8) (
  input                clock, reset,
  input  [7:0]         s_axi_awaddr, s_axi_araddr,
  input                s_axi_awvalid, s_axi_wvalid, s_axi_arvalid, s_axi_bready, s_axi_rready,
  input  [31:0]        s_axi_wdata,
  input  [3:0]         s_axi_wstrb,
  output               s_axi_awready, s_axi_wready, s_axi_arready, s_axi_bvalid, s_axi_rvalid,
  output [1:0]         s_axi_bresp, s_axi_rresp,
  output [31:0]        s_axi_rdata,
  output               m_axi_arid, m_axi_arvalid, m_axi_rready, m_axi_awid, m_axi_awvalid, m_axi_wlast, m_axi_wvalid, m_axi_bready,
  output [31:0]        m_axi_araddr, m_axi_awaddr,
  output [7:0]         m_axi_arlen, m_axi_awlen,
  output [8*BYTES-1:0] m_axi_wdata,
  output [BYTES-1:0]   m_axi_wstrb,
  input                next_arready, next_rid, next_rlast, next_rvalid, next_awready, next_wready, next_bid, next_bvalid,
  input  [1:0]         next_rresp, next_bresp,
  input  [8*BYTES-1:0] next_rdata,
  output reg           m_axi_arready, m_axi_rid, m_axi_rlast, m_axi_rvalid, m_axi_awready, m_axi_wready, m_axi_bid, m_axi_bvalid,
  output reg [1:0]     m_axi_rresp, m_axi_bresp,
  output reg [8*BYTES-1:0] m_axi_rdata,
  output               done
);
  always @(posedge clock) begin
    m_axi_arready <= next_arready;
    m_axi_awready <= next_awready;
    m_axi_wready  <= next_wready;
    m_axi_rvalid  <= next_rvalid;
    m_axi_rid     <= next_rid;
    m_axi_rlast   <= next_rlast;
    m_axi_rresp   <= next_rresp;
    m_axi_rdata   <= next_rdata;
    m_axi_bvalid  <= next_bvalid;
    m_axi_bid     <= next_bid;
    m_axi_bresp   <= next_bresp;
  end
  Accelerator accelerator (.*, .m_axi_arsize(), .m_axi_arburst(), .m_axi_awsize(), .m_axi_awburst());
endmodule
