-- For wrk: POST the file BODY, hold every answer to the first one byte for byte, write what was found to the file FOUND.
local file = assert(io.open(os.getenv("BODY")))
wrk.method, wrk.body = "POST", file:read("*a")
file:close()
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

bad = 0
local first
function response(status, _, body)
  first = first or body
  if status ~= 200 or body ~= first then bad = bad + 1 end
end

function done(summary, latency)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  local found = assert(io.open(os.getenv("FOUND"), "w"))
  found:write(string.format('{"answers": %d, "seconds": %.6f, "p50_ms": %.3f, "bad": %d, "lost": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, threads[1]:get("bad"), lost))
  found:close()
end
