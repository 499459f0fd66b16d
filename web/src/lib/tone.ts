/** Whether a change is for the better: told for figures of which all would say the same, and for no others. */

const MORE_IS_BETTER =
  /\.(mfu|hfu|goodput|tokens_per_s(_per_device)?|cfe_hourly_share|clean_annual_share|renewable_share|erf|heat_reused_mwh|npv\w*_usd|npv_usd|irr|mirr|equity_irr\w*|dscr_min)$/;
const LESS_IS_BETTER =
  /\.((it_)?joules\w*|ttft\w*|tpot\w*|pue|max_hourly_pue|wue\w*|tue|itue|ere|energy_mwh|it_energy_mwh|peak_mw|water\w*|carbon\w*|embodied\w*|unserved_mwh|curtailment_share|cost_usd\w*|tco\w*|capital_usd|running_usd\w*|electricity_usd\w*|lcoe\w*|usd_per_\w+|payback_years|time_to_power_years|power_cost\w*|cost_of_delay\w*)$/;

export function tone(name: string, now: number, before: number): '' | 'good' | 'bad' {
  if (now === before) return '';
  if (MORE_IS_BETTER.test(name)) return now > before ? 'good' : 'bad';
  if (LESS_IS_BETTER.test(name)) return now < before ? 'good' : 'bad';
  return '';
}
