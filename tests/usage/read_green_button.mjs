// Reads a Green Button feed as somebody else's program would, and tells what it found, as JSON.
// Each reading is told with the usage point and the direction its links lead to.
import { readFileSync } from 'node:fs'
import { atomToGreenButtonJson, helpers } from '@cityssm/green-button-parser'

const feed = await atomToGreenButtonJson(readFileSync(0, 'utf8'))
const of = (kind) => helpers.getEntriesByContentType(feed, kind)
const readings = of('IntervalBlock').flatMap((entry) => {
  const point = helpers.getUsagePointEntryFromIntervalBlockEntry(feed, entry)
  const type = helpers.getReadingTypeEntryFromIntervalBlockEntry(feed, entry)
  return entry.content.IntervalBlock.flatMap((block) =>
    block.IntervalReading.map((reading) => [
      point.id,
      type.content.ReadingType.flowDirection,
      reading.timePeriod.start,
      reading.timePeriod.duration,
      reading.value * 10 ** type.content.ReadingType.powerOfTenMultiplier
    ])
  )
})
const summaries = of('UsageSummary').map((entry) => entry.content.UsageSummary)
const contents = feed.entries.map((entry) => entry.content)
console.log(JSON.stringify({ title: feed.title, readings, summaries, contents }))
