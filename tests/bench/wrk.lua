-- Asks as the product does: each request about a random workspace. Counts each answer by its status, and
-- how many have a length that the answers of this case can have.
--   PATHS: file of paths, one of them at random, HEADERS: text, ETAGS: file of one line a workspace,
--   STATUS: what every answer must be, LENGTHS: lengths of bodies that answers may have, as ",12,13,",
--   FRESH: set where no two questions are to be the same.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

local function lines(name)
   local found = {}
   for line in io.lines(name) do found[#found + 1] = line end
   return found
end

function init(args)
   math.randomseed(tonumber(os.getenv("SEED")))
   good, bad, strange = 0, 0, 0
   count = tonumber(os.getenv("WORKSPACES"))
   wanted = tonumber(os.getenv("STATUS"))
   lengths = os.getenv("LENGTHS")
   etags = os.getenv("ETAGS") and lines(os.getenv("ETAGS"))
   heads = {}
   question = os.getenv("FRESH") and '{"context":{"targetingKey":"W%05d","session":"%015d"}}'
      or '{"context":{"targetingKey":"W%05d"}}'
   local body = #string.format(question, 0, 0)
   for _, path in ipairs(lines(os.getenv("PATHS"))) do
      heads[#heads + 1] = "POST " .. path .. " HTTP/1.1\r\nHost: localhost\r\n" .. os.getenv("HEADERS")
         .. "Content-Type: application/json\r\nContent-Length: " .. body .. "\r\n"
   end
end

function request()
   local number = math.random(0, count - 1)
   local head = heads[math.random(1, #heads)]
   local known = etags and ("If-None-Match: " .. etags[number + 1] .. "\r\n") or ""
   return head .. known .. "\r\n" .. string.format(question, number, math.random(1, 2 ^ 49))
end

function response(status, headers, body)
   if status ~= wanted then
      bad = bad + 1
   elseif string.find(lengths, "," .. #body .. ",", 1, true) then
      good = good + 1
   else
      strange = strange + 1
   end
end

function done(summary, latency, requests)
   local g, b, s = 0, 0, 0
   for _, thread in ipairs(threads) do
      g, b, s = g + thread:get("good"), b + thread:get("bad"), s + thread:get("strange")
   end
   local errors = summary.errors
   io.write(string.format("RESULT %d %d %d %d %d %d %d %d %d\n", g, b, s,
      errors.connect + errors.read + errors.write + errors.timeout, summary.duration,
      latency:percentile(50), latency:percentile(95), latency:percentile(99), summary.bytes))
end
