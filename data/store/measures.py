"""The figures of figures.md that add up, in the order of the summary table.

Counts are patches or parcels; areas are in 亩 on pages and in files, and in integer parts
(units.PARTS_PER_MU) inside the summary. Rates are quotients of these and stand in RATES.
"""

from __future__ import annotations

#: Patches of both domains.
PATCH_COUNTS = ("patches", "audited", "returned", "final", "first_passed")
#: Land patches only. `reached_on_time` is on_time among due_reached; `judged_patches` have parcels
#: and none pending; `hit_patches` are those of them with an unlawful one.
LAND_COUNTS = (
    "due",
    "due_reached",
    "cleared",
    "on_time",
    "late",
    "overdue",
    "reached_on_time",
    "judged_patches",
    "hit_patches",
)
MINERAL_COUNTS = ("mineral_patches", "mineral_unlawful_patches")
#: Parcels of land patches. `redetermined_parcels` carry a higher level's determination where the
#: county had judged; `overturned_parcels` are those of them that came out differently.
PARCEL_COUNTS = (
    "unlawful_parcels",
    "filed_parcels",
    "redetermined_parcels",
    "overturned_parcels",
)
COUNTS = PATCH_COUNTS + LAND_COUNTS + MINERAL_COUNTS + PARCEL_COUNTS

#: Parcels of land patches. `ratio_*_part_mu` are the numerators of the ratios: counted and new
#: construction, farmland or all land, eliminated left in (gross) or out (net), or only strictly
#: eliminated ones left out (strict).
AREAS = (
    "unlawful_mu",
    "unlawful_farmland_mu",
    "unlawful_basic_farmland_mu",
    "unlawful_redline_mu",
    "eliminated_mu",
    "eliminated_farmland_mu",
    "eliminated_basic_farmland_mu",
    "eliminated_redline_mu",
    "excluded_farmland_mu",
    "new_construction_mu",
    "new_construction_farmland_mu",
    "ratio_gross_part_mu",
    "ratio_net_part_mu",
    "land_ratio_gross_part_mu",
    "land_ratio_net_part_mu",
    "strictly_eliminated_farmland_mu",
    "awaiting_acceptance_farmland_mu",
    "ratio_strict_part_mu",
    "land_ratio_strict_part_mu",
)

#: Those that maps show: unlawful and eliminated, of every class of land.
MAPPED_AREAS = AREAS[:8]

#: remaining = unlawful − eliminated.
REMAINING = {
    "remaining_mu": ("unlawful_mu", "eliminated_mu"),
    "remaining_farmland_mu": ("unlawful_farmland_mu", "eliminated_farmland_mu"),
    "remaining_basic_farmland_mu": ("unlawful_basic_farmland_mu", "eliminated_basic_farmland_mu"),
    "remaining_redline_mu": ("unlawful_redline_mu", "eliminated_redline_mu"),
}

#: rate → (numerator, denominator); null over zero.
RATES = {
    "clearance_rate": ("cleared", "due"),
    "on_time_rate": ("reached_on_time", "due_reached"),
    "error_rate": ("returned", "audited"),
    "first_pass_rate": ("first_passed", "audited"),
    "ratio_gross": ("ratio_gross_part_mu", "new_construction_farmland_mu"),
    "ratio_net": ("ratio_net_part_mu", "new_construction_farmland_mu"),
    "ratio_strict": ("ratio_strict_part_mu", "new_construction_farmland_mu"),
    "land_ratio_gross": ("land_ratio_gross_part_mu", "new_construction_mu"),
    "land_ratio_net": ("land_ratio_net_part_mu", "new_construction_mu"),
    "land_ratio_strict": ("land_ratio_strict_part_mu", "new_construction_mu"),
    "rectification_rate": ("eliminated_mu", "unlawful_mu"),
    "unrectified_farmland_rate": ("remaining_farmland_mu", "unlawful_farmland_mu"),
    "filing_rate": ("filed_parcels", "unlawful_parcels"),
    "hit_rate": ("hit_patches", "judged_patches"),
    "overturn_rate": ("overturned_parcels", "redetermined_parcels"),
}
