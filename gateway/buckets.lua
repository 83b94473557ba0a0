-- The buckets of consumers, one hash each, that all workers of all gateways draw from. Runs in the store as one step.
--
-- KEYS: a hash for each consumer. ARGV: the worker, the seconds of a lease, the time in µs since 1970 (0 for the store's
-- own clock), then for each key seven numbers: rate, depth, daily (0 for none), spent, back, need, ahead
-- (gateway/core/quota.py says what they mean).
-- Answers four numbers for each key: given to those who wait, given on lease, µs until there is more (0 when all was
-- given), and 1 when it is the day's quota that is used up.
--
-- What workers hold on lease counts as being in the bucket still, so that bucket and leases together are never more than
-- the depth: in any time T no more than rate * T + depth calls are let in, whatever workers do with their leases.
local worker, lease, now = 'held:' .. ARGV[1], tonumber(ARGV[2]) * 1e6, tonumber(ARGV[3])
if now == 0 then
  local clock = redis.call('TIME')
  now = clock[1] * 1e6 + clock[2]
end
local DAY = 86400 * 1e6
local day = math.floor(now / DAY)
local answers = {}

for i, key in ipairs(KEYS) do
  local given = {}
  for j = 1, 7 do given[j] = tonumber(ARGV[3 + (i - 1) * 7 + j]) end
  local rate, depth, daily, spent, back, need, ahead = unpack(given)

  local tokens, since, today, mine, held = depth, now, 0, 0, 0
  local stored, gone = redis.call('HGETALL', key), {}
  for j = 1, #stored, 2 do
    local name, value = stored[j], stored[j + 1]
    if name == 'tokens' then tokens = tonumber(value)
    elseif name == 'since' then since = math.min(now, tonumber(value))
    elseif name == 'today' then
      local of, count = value:match('(%d+):(%d+)')
      if tonumber(of) == day then today = tonumber(count) end
    else
      local count, expires = value:match('(%d+):(%d+)')
      if tonumber(expires) <= now then gone[#gone + 1] = name
      else
        held = held + tonumber(count)
        if name == worker then mine = tonumber(count) end
      end
    end
  end

  tokens = math.min(tokens + (now - since) * rate / 1e6, math.max(depth - held, 0))
  local kept = math.max(mine - spent - back, 0)
  held = held - mine + kept
  tokens = math.min(tokens + back, math.max(depth - held, 0))
  today = math.max(today - back, 0)

  local room = math.floor(tokens + 1e-6)
  local of_day = daily > 0 and daily - today < room
  if of_day then room = math.max(daily - today, 0) end
  local needed = math.min(need, room)
  local leased = math.min(ahead, room - needed)
  tokens = tokens - needed - leased
  today = today + needed + leased

  local wait, short = 0, needed + leased < need + ahead
  if short and of_day then wait = (day + 1) * DAY - now
  elseif short then wait = math.ceil(math.max(1 - tokens, 0) * 1e6 / rate) end
  answers[#answers + 1] = needed
  answers[#answers + 1] = leased
  answers[#answers + 1] = wait
  answers[#answers + 1] = (short and of_day) and 1 or 0

  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  redis.call('HSET', key, 'tokens', string.format('%.6f', tokens), 'since', string.format('%.0f', now),
    'today', string.format('%d:%d', day, today))
  if kept + leased > 0 then
    redis.call('HSET', key, worker, string.format('%d:%.0f', kept + leased, now + lease))
  else
    redis.call('HDEL', key, worker)
  end
  redis.call('EXPIRE', key, math.ceil(math.max(172800, depth / rate)))
end
return answers
